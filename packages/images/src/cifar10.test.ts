import { mkdir, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import { describe, expect, it } from 'vitest';
import { failure, temporaryFolder } from '../fixtures/folders.ts';
import { CIFAR10_FILE_BYTES, cifar10 } from './cifar10.ts';

const FILES = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat('test_batch.bin');

/** Six files of the right length, all zero (and so without taking up room on the disk). */
async function zeroCifar(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const file of FILES) {
    await writeFile(join(folder, file), '');
    await truncate(join(folder, file), CIFAR10_FILE_BYTES);
  }
  return folder;
}

async function writeAt(path: string, position: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
  await file.close();
}

describe('cifar10', () => {
  it('reads labels and turns planes into pixels', async () => {
    // The official archive unpacks to a sub-folder of this name.
    const above = await temporaryFolder();
    const folder = await zeroCifar(join(above, 'cifar-10-batches-bin'));
    const planes = Uint8Array.from({ length: 3072 }, (_, i) => (i * 7 + (i >> 10)) & 255);
    await writeAt(join(folder, 'data_batch_2.bin'), 9999 * 3073, Uint8Array.of(9, ...planes));
    await writeAt(join(folder, 'test_batch.bin'), 3073, Uint8Array.of(4, ...planes));
    const { train, test } = await cifar10(above);
    expect([train.length, test.length, train.size, train.classes[9]]).toEqual([50_000, 10_000, 32, 'truck']);
    const [zero, last] = await train.load([0, 19_999]);
    expect(zero).toEqual({ height: 32, width: 32, data: new Uint8Array(3072), label: 0 });
    const pixels = Uint8Array.from({ length: 3072 }, (_, i) => planes[(i % 3) * 1024 + Math.floor(i / 3)]!);
    expect(last).toEqual({ height: 32, width: 32, data: pixels, label: 9 });
    expect((await test.load([1]))[0]).toEqual(last && { ...last, label: 4 });
    expect((await train.images.load([19_999]))[0]).toEqual({ height: 32, width: 32, data: pixels });
    expect(train.mean).toEqual([125.3 / 255, 123 / 255, 113.9 / 255]);
    expect(train.deviation).toEqual([63 / 255, 62.1 / 255, 66.7 / 255]);
  });

  it('says what is missing and how to get it', async () => {
    const folder = await temporaryFolder();
    const absent = await failure(cifar10(join(folder, 'absent')));
    expect(absent.message).toMatch(
      /there is no folder .*absent; expected are the files data_batch_1\.bin to/,
    );
    expect((await failure(cifar10(folder))).message).toContain('holds no CIFAR-10; expected are');
    await zeroCifar(folder);
    await rm(join(folder, 'data_batch_3.bin'));
    await rm(join(folder, 'test_batch.bin'));
    const incomplete = await failure(cifar10(folder));
    expect(incomplete.message).toContain('data_batch_3.bin, test_batch.bin missing');
    expect(incomplete.message).toContain('cifar-10-binary.tar.gz');
    for (const error of [absent, incomplete]) expect(isInputError(error)).toBe(true);
  });

  it('tells the Python version and a file from the folder it expects', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'data_batch_1'), 'a pickle');
    expect((await failure(cifar10(folder))).message).toContain('holds the Python version of CIFAR-10');
    expect((await failure(cifar10(join(folder, 'data_batch_1')))).message).toContain('is not a folder');
  });

  it('tells how many bytes a truncated file should have', async () => {
    const folder = await zeroCifar(await temporaryFolder());
    await truncate(join(folder, 'data_batch_4.bin'), 1_000_000);
    const error = await failure(cifar10(folder));
    expect(error.message).toContain('data_batch_4.bin is truncated: expected 30730000 bytes, found 1000000');
    expect(isInputError(error)).toBe(true);
    await truncate(join(folder, 'data_batch_4.bin'), CIFAR10_FILE_BYTES + 1);
    expect((await failure(cifar10(folder))).message).toContain(
      'is too long: expected 30730000 bytes, found 30730001',
    );
  });

  it('refuses a label that is none', async () => {
    const folder = await zeroCifar(await temporaryFolder());
    await writeAt(join(folder, 'data_batch_1.bin'), 12 * 3073, Uint8Array.of(10));
    const error = await failure(cifar10(folder));
    expect(error.message).toMatch(/data_batch_1\.bin: the label of picture 12 is 10, expected 0 to 9/);
    expect(isInputError(error)).toBe(true);
  });

  it('names a file that is a folder', async () => {
    const folder = await zeroCifar(await temporaryFolder());
    await rename(join(folder, 'test_batch.bin'), join(folder, 'other'));
    await mkdir(join(folder, 'test_batch.bin'));
    const error = await failure(cifar10(folder));
    expect(error.message).toContain('test_batch.bin missing');
    expect(isInputError(error)).toBe(true);
  });
});
