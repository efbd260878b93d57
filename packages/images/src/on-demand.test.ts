import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { failure, hashed, PHOTOS } from '../fixtures/folders.ts';
import { imageNetTree, PHOTO_FILES, photoTree } from '../fixtures/trees.ts';
import { imageNet } from './imagenet.ts';
import { picturesOnDemand } from './on-demand.ts';
import { PictureLoader } from './picture-loader.ts';
import { split, take } from './subset.ts';

const STATISTICS = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;

function filesOf(folder: string, files: readonly string[]) {
  const about = {
    ...STATISTICS,
    name: 'files',
    preparation: 'imagenet',
    folder,
    length: files.length,
  } as const;
  return { ...about, fileOf: (index: number) => files[index]! };
}

/** Nine pictures 0.jpg to 8.jpg, of which some hold no picture. */
async function ninePictures(broken: readonly number[]): Promise<string> {
  const folder = await photoTree(
    Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.jpg`, PHOTO_FILES[i % 6]!])),
  );
  for (const i of broken) await writeFile(join(folder, `${i}.jpg`), 'no picture');
  return folder;
}

const NINE = Array.from({ length: 9 }, (_, i) => `${i}.jpg`);

describe('pictures on demand', () => {
  it('are the same whatever the number of threads and the size of the cache', async () => {
    const indices = [5, 0, 5, 3, 2, 1, 4, 4, 0];
    const load = async (options: { workers: number; cacheBytes: number }) => {
      const set = picturesOnDemand(filesOf(PHOTOS, PHOTO_FILES), options);
      return [hashed(await set.load(indices)), hashed(await set.load(indices.slice(3)))];
    };
    const one = await load({ workers: 1, cacheBytes: 0 });
    expect(await load({ workers: 3, cacheBytes: 2 ** 30 })).toEqual(one);
    expect(await load({ workers: 2, cacheBytes: 300_000 })).toEqual(one);
    const data = await sharp(join(PHOTOS, PHOTO_FILES[0]!)).raw().toBuffer();
    expect(one[0]![1]).toEqual(hashed([{ height: 320, width: 232, data }])[0]);
  });

  it('that are broken give way to the next good one of the set, after the last to the first', async () => {
    const folder = await ninePictures([2, 3, 8]);
    const set = picturesOnDemand(filesOf(folder, NINE), { maxBroken: 0.5 });
    const [two, three, four, eight, zero] = hashed(await set.load([2, 3, 4, 8, 0]));
    expect([two, three, eight]).toEqual([four, four, zero]);
    const reason = 'not a jpg, png or webp picture inside';
    // In the order of the set, each once.
    await set.load([8, 3, 2]);
    expect(set.skipped).toEqual(['2.jpg', '3.jpg', '8.jpg'].map((file) => ({ file, reason })));
  });

  it('do not lead from one part of a set into another', async () => {
    const folder = await ninePictures([3]);
    const set = picturesOnDemand(filesOf(folder, NINE), { maxBroken: 0.5 });
    const part = take(take(set, [0, 3, 6, 7]), [1, 2, 0]);
    expect(hashed(await part.load([0]))).toEqual(hashed(await set.load([6])));
    expect(part.skipped.map(({ file }) => file)).toEqual(['3.jpg']);
    for (const half of split(set, { seed: 1 })) {
      const pictures = await half.load(Array.from({ length: half.length }, (_, i) => i));
      expect(pictures).toHaveLength(half.length);
    }
  });

  it('bring their own label when they stand in', async () => {
    const folder = await imageNetTree();
    await writeFile(join(folder, 'train/n01440764/n01440764_2.JPEG'), '');
    const set = await imageNet(folder, { maxBroken: 0.5 });
    expect((await set.load([2]))[0]!.label).toBe(1);
    expect((await take(set, [2, 5]).load([0]))[0]!.label).toBe(2);
    expect(hashed(await take(set, [2, 0]).load([0]))).toEqual(hashed(await set.load([0])));
  });

  it('may be broken up to a share, and are an error from then on', async () => {
    const folder = await ninePictures([1, 4, 7]);
    const set = picturesOnDemand(filesOf(folder, NINE), { maxBroken: 0.23 });
    await set.load([0, 1, 2, 3, 4]);
    for (const indices of [[5, 6, 7], [1], [7]]) {
      const error = await failure(set.load(indices));
      expect(error.message).toMatch(
        /^files: 3 of the 9 pictures in .* cannot be used so far, expected at most 23 %: /,
      );
      expect(error.message).toMatch(/1\.jpg \(.*\), 4\.jpg \(.*\), 7\.jpg \(.*\)$/);
      expect(isInputError(error)).toBe(true);
    }
    expect(
      await failure(Promise.resolve().then(() => picturesOnDemand(filesOf(folder, NINE), { maxBroken: 2 }))),
    ).toMatchObject({
      message: 'the share of broken files lies between 0 and 1, got 2',
    });
  });

  it('are an error where none is good', async () => {
    const folder = await ninePictures([4, 5]);
    const set = picturesOnDemand(filesOf(folder, NINE), { maxBroken: 1 });
    const error = await failure(take(set, [4, 5]).load([1]));
    expect(error.message).toMatch(
      /^files: 2 pictures in a row cannot be used, one of them 5\.jpg \(not a jpg/,
    );
    expect(isInputError(error)).toBe(true);
    await expect(set.load([9])).rejects.toThrow('there is no picture 9 in a set of 9');
  });

  it('are 8-bit RGB and upright, of whatever kind the file', async () => {
    const folder = await ninePictures([]);
    const photo = await readFile(join(PHOTOS, 'fish/fish4.jpg'));
    const at = (file: string) => join(folder, file);
    await sharp(photo).greyscale().jpeg().toFile(at('0.jpg'));
    await sharp(photo).toColourspace('cmyk').jpeg().toFile(at('1.jpg'));
    // 20 columns and 10 rows, stored turned: shown, it is as wide as it was high.
    await sharp(photo).resize(20, 10).withMetadata({ orientation: 6 }).jpeg().toFile(at('2.jpg'));
    await sharp(photo).resize(9, 9).toColourspace('rgb16').png().toFile(at('3.png'));
    await sharp(photo).resize(9, 9).ensureAlpha(0.5).png().toFile(at('4.png'));
    await sharp(photo).resize(1, 1).png().toFile(at('5.png'));
    await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .png()
      .toFile(at('6.png'));
    await sharp(photo).resize(9, 9).png({ palette: true, colours: 4 }).toFile(at('7.png'));
    await sharp(photo).greyscale().resize(9, 9).toColourspace('grey16').png().toFile(at('8.png'));
    const files = ['0.jpg', '1.jpg', '2.jpg', '3.png', '4.png', '5.png', '6.png', '7.png', '8.png'];
    const set = picturesOnDemand(filesOf(folder, files), { maxBroken: 0 });
    const pictures = await set.load(files.map((_, i) => i));
    expect(pictures.map(({ width, height }) => `${width}x${height}`)).toEqual([
      '320x251',
      '320x251',
      '10x20',
      '9x9',
      '9x9',
      '1x1',
      '9x9',
      '9x9',
      '9x9',
    ]);
    for (const { width, height, data } of pictures) expect(data).toHaveLength(width * height * 3);
    const isGray = ({ data }: { data: Uint8Array }) => data.every((value, i) => value === data[i - (i % 3)]);
    expect(pictures.map(isGray)).toEqual([true, false, false, false, false, false, false, false, true]);
    expect([...pictures[6]!.data.subarray(0, 3)]).toEqual([255, 0, 0]);
    const small = await sharp(photo).resize(9, 9).raw().toBuffer();
    const apart = (a: Uint8Array, b: Uint8Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
    expect(apart(pictures[3]!.data, small)).toBeLessThan(3);
    // Half transparent on white.
    expect(
      apart(
        pictures[4]!.data,
        small.map((value) => (value + 255) / 2),
      ),
    ).toBeLessThan(3);
  });

  it('that are too large to decode are named', async () => {
    const folder = await ninePictures([]);
    const { png } = await import('../fixtures/huge-png.ts');
    await writeFile(join(folder, '0.jpg'), png(20_000, 20_000));
    const set = picturesOnDemand(filesOf(folder, NINE), { maxBroken: 0 });
    expect((await failure(set.load([0]))).message).toContain(
      '0.jpg (more pixels than can be decoded safely)',
    );
  });
});

describe('a picture loader', () => {
  const request = (file: string) => ({ picture: join(PHOTOS, file), size: 16 });
  const BYTES = 16 * 16 * 3;

  it('never keeps more than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(5 * BYTES),
        fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        async (cacheBytes, batches) => {
          const loader = new PictureLoader({ workers: 2, cacheBytes });
          for (const batch of batches) {
            await Promise.all(batch.map((i) => loader.load(`${i}`, request(PHOTO_FILES[i]!))));
            expect(loader.keptBytes).toBeLessThanOrEqual(cacheBytes);
          }
          const distinct = new Set(batches.flat()).size;
          expect(loader.keptBytes).toBe(BYTES * Math.min(distinct, Math.floor(cacheBytes / BYTES)));
        },
      ),
      { numRuns: 5 },
    );
  });

  it('forgets what was not used for longest', async () => {
    const folder = await photoTree({ a: PHOTO_FILES[0]!, b: PHOTO_FILES[1]!, c: PHOTO_FILES[2]! });
    const loader = new PictureLoader({ workers: 1, cacheBytes: 2 * BYTES });
    const load = (file: string) => loader.load(file, { picture: join(folder, file), size: 16 });
    for (const file of ['a', 'b', 'a', 'c']) await load(file);
    for (const file of ['a', 'b', 'c']) await rm(join(folder, file));
    expect(await load('a')).toHaveProperty('pixels');
    expect(await load('c')).toHaveProperty('pixels');
    expect(await load('b')).toEqual({ reason: 'no such file' });
  });

  it('refuses numbers that make no sense', () => {
    expect(() => new PictureLoader({ workers: 0 })).toThrow('at least 1, got 0');
    expect(() => new PictureLoader({ cacheBytes: -1 })).toThrow('at least 0, got -1');
  });
});
