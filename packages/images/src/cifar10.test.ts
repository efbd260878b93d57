import { cp, mkdir, open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInputError } from '@unnas/random';
import { describe, expect, it } from 'vitest';
import { failure, temporaryFolder } from '../fixtures/folders.ts';
import { CIFAR10_FILE_BYTES, cifar10 } from './cifar10.ts';

const FILES = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat('test_batch.bin');

const PICKLES = fileURLToPath(new URL('../fixtures/cifar-10-batches-py', import.meta.url));

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
    expect(incomplete.message).toContain('(binary version): data_batch_3.bin, test_batch.bin missing');
    expect(incomplete.message).toContain('cifar-10-binary.tar.gz');
    for (const error of [absent, incomplete]) expect(isInputError(error)).toBe(true);
  });

  it('tells a file from the folder it expects', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    expect((await failure(cifar10(file))).message).toContain('is not a folder');
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

describe('the Python version of CIFAR-10', () => {
  it('is read from pickles of every protocol, by Python 2 and 3, of NumPy 1 and 2', async () => {
    const { train, test } = await cifar10(fileURLToPath(new URL('../fixtures', import.meta.url)));
    expect([train.length, test.length, train.name, train.size]).toEqual([15, 3, 'CIFAR-10 train', 32]);
    const expected = (batch: number, i: number) => ({
      height: 32,
      width: 32,
      data: Uint8Array.from({ length: 3072 }, (_, at) => {
        const plane = (at % 3) * 1024 + Math.floor(at / 3);
        return 7 * plane + 31 * i + 101 * batch;
      }),
      label: (3 * batch + i) % 10,
    });
    const batches = [1, 2, 3, 4, 5].flatMap((batch) => [0, 1, 2].map((i) => expected(batch, i)));
    expect(await train.load(batches.map((_, i) => i))).toEqual(batches);
    expect(await test.load([2, 0])).toEqual([expected(6, 2), expected(6, 0)]);
  });

  it('gives way to the binary version where that is whole, and stands in for it where it is not', async () => {
    const folder = await zeroCifar(await temporaryFolder());
    await cp(PICKLES, join(folder, 'cifar-10-batches-py'), { recursive: true });
    expect((await cifar10(folder)).train.length).toBe(50_000);
    await rm(join(folder, 'test_batch.bin'));
    expect((await cifar10(folder)).train.length).toBe(15);
    await rm(join(folder, 'cifar-10-batches-py', 'data_batch_2'));
    expect((await failure(cifar10(folder))).message).toContain('(Python version): data_batch_2 missing');
  });

  it('refuses files of the same form of another data set', async () => {
    const folder = await temporaryFolder();
    await cp(PICKLES, folder, { recursive: true });
    const meta = await readFile(join(folder, 'batches.meta'));
    await writeFile(
      join(folder, 'batches.meta'),
      meta.toString('latin1').replace('truck', 'apple'),
      'latin1',
    );
    const error = await failure(cifar10(folder));
    expect(error.message).toMatch(/batches\.meta names the classes airplane, .*, ship, apple: that is not/);
    expect(isInputError(error)).toBe(true);
  });
});
