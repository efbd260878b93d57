import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { PHOTOS, photoFolder } from '../fixtures/folders.ts';
import { PHOTO_FILES } from '../fixtures/trees.ts';
import { grayShare } from './gray-share.ts';
import { imageFolder } from './image-folder.ts';

it('the share of gray pictures counts those without any colour, jpg and png, squares and whole pictures', async () => {
  const folder = await photoFolder();
  expect(await grayShare(await imageFolder(folder, { size: 16, cache: false }))).toBe(0);
  // One is stored as gray, one as colour with equal channels.
  const gray = sharp(join(PHOTOS, PHOTO_FILES[0]!)).greyscale();
  await gray.jpeg().toFile(join(folder, PHOTO_FILES[0]!));
  await sharp(await gray.png().toBuffer())
    .toColourspace('srgb')
    .webp({ lossless: true })
    .toFile(join(folder, 'z.webp'));
  for (const size of [16, null]) {
    expect(await grayShare(await imageFolder(folder, { size, cache: false }))).toBe(2 / 7);
  }
});

it('is estimated on a sample that is spread over the set', async () => {
  const asked: number[] = [];
  const load = async (indices: ArrayLike<number>) =>
    Array.from(indices, (index) => {
      asked.push(index);
      return { height: 1, width: 1, data: Uint8Array.of(9, 9, index < 500 ? 9 : 8) };
    });
  expect(await grayShare({ length: 1000, load }, { sample: 10 })).toBe(0.5);
  expect(asked).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  await expect(grayShare({ length: 1000, load }, { sample: 0 })).rejects.toThrow('at least 1, got 0');
});
