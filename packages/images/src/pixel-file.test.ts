import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures/folders.ts';
import { openPixels, pixelFile, pixelMemory } from './pixel-file.ts';

const pictures = Array.from({ length: 5 }, (_, i) => Uint8Array.from({ length: 12 }, (_, j) => 20 * i + j));

async function write(path: string) {
  const writer = await pixelFile(path, 2);
  for (const picture of pictures) await writer.add(picture);
  return writer;
}

describe('a file of pictures', () => {
  it('gives back what was written, read at once or picture by picture', async () => {
    const path = join(await temporaryFolder(), 'a', 'b.pixels');
    const written = await (await write(path)).finish({ note: 'five' });
    const whole = await openPixels(path, 2);
    const single = await openPixels(path, 2, 59);
    expect(whole!.about).toEqual({ note: 'five' });
    expect(single!.about).toEqual({ note: 'five' });
    for (const { length, size, load } of [written, whole!.pixels, single!.pixels]) {
      expect([length, size]).toEqual([5, 2]);
      expect(await load([4, 0, 4])).toEqual(
        [4, 0, 4].map((i) => ({ height: 2, width: 2, data: pictures[i]! })),
      );
      await expect(load([5])).rejects.toThrow('there is no picture 5 in a set of 5');
    }
  });

  it('is not there before it is whole, and leaves nothing when thrown away', async () => {
    const folder = await temporaryFolder();
    const writer = await write(join(folder, 'b.pixels'));
    expect((await readdir(folder)).filter((file) => file === 'b.pixels')).toEqual([]);
    await writer.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('sweeps up what killed processes left a day ago', async () => {
    const folder = await temporaryFolder();
    for (const name of ['old.pixels.1-aa.partial', 'new.pixels.2-bb.partial', 'old.pixels']) {
      await writeFile(join(folder, name), '');
      if (name.startsWith('old')) await utimes(join(folder, name), 5, 5);
    }
    await (await write(join(folder, 'b.pixels'))).finish({});
    expect(await readdir(folder)).toEqual(['b.pixels', 'new.pixels.2-bb.partial', 'old.pixels']);
  });

  it('is of no use where the pictures have another size', async () => {
    const path = join(await temporaryFolder(), 'b.pixels');
    await (await write(path)).finish({});
    expect(await openPixels(path, 3)).toBeUndefined();
  });
});

describe('pictures in memory', () => {
  it('are those that were added', async () => {
    const writer = pixelMemory(2);
    for (const picture of pictures) await writer.add(picture);
    const { length, load } = await writer.finish({});
    expect(length).toBe(5);
    expect((await load([3]))[0]!.data).toEqual(pictures[3]);
  });
});
