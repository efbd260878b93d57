import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { failure, hashed, PHOTOS, temporaryFolder } from '../fixtures/folders.ts';
import { PHOTO_FILES } from '../fixtures/trees.ts';
import { imageFolder } from './image-folder.ts';
import { imagesFrom } from './images-from.ts';
import type { Images, Picture } from './picture.ts';

const all = async (images: Images) =>
  hashed(await images.load(Array.from({ length: images.length }, (_, i) => i)));

/** The photographs, by turns as bytes of a file and as pixels. */
async function* photos(): AsyncGenerator<Picture | Uint8Array> {
  for (const [i, file] of PHOTO_FILES.entries()) {
    const bytes = await readFile(join(PHOTOS, file));
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    yield i % 2 === 0 ? bytes : { height: info.height, width: info.width, data };
  }
}

it('pictures of an iterator are those of a folder with the same pictures, for any number of threads', async () => {
  const cache = await temporaryFolder();
  const folder = await imageFolder(PHOTOS, { size: 24, cache: false });
  for (const workers of [1, 2]) {
    const images = await imagesFrom(photos(), { name: 'mine', size: 24, cache, workers });
    expect([images.name, images.length, images.size, images.preparation]).toEqual(['mine', 6, 24, 'cifar']);
    // A jpg that is scaled may be decoded at a smaller size at once, so bytes and pixels differ a little.
    const whole = (await all(images)).filter((_, i) => i % 2 === 0);
    expect(whole).toEqual((await all(folder)).filter((_, i) => i % 2 === 0));
    expect(images.mean[0]).toBeCloseTo(folder.mean[0], 2);
  }
  // Kept for this process alone.
  expect(await readdir(join(cache, 'pictures'))).toEqual([]);
});

it('what is kept under a key is found without asking the iterator again', async () => {
  const cache = await temporaryFolder();
  const options = { name: 'mine', size: 8, cache, key: 'photos of a day' };
  const first = await imagesFrom(photos(), options);
  const never = {
    [Symbol.asyncIterator]() {
      throw new Error('asked again');
    },
  } as AsyncIterable<Uint8Array>;
  expect(await all(await imagesFrom(never, options))).toEqual(await all(first));
  await expect(imagesFrom(never, { ...options, key: 'another' })).rejects.toThrow('asked again');
});

it('broken pictures are left out and named, too many of them or of all are an error, and nothing is left behind', async () => {
  const cache = await temporaryFolder();
  const some = async (...broken: number[]) => {
    const bytes = await Promise.all(PHOTO_FILES.map((file) => readFile(join(PHOTOS, file))));
    return bytes.map((one, i) => (broken.includes(i) ? one.subarray(0, 2000) : one));
  };
  const options = { name: 'mine', size: 8, cache };
  const images = await imagesFrom(await some(3), { ...options, maxBroken: 0.2 });
  expect(images.length).toBe(5);
  expect(images.skipped).toEqual([{ file: 'picture 3', reason: 'truncated or damaged jpg' }]);
  const errors = {
    '1 of the 6 pictures of mine cannot be used, expected at most 10 %: picture 3 (': async () =>
      imagesFrom(await some(3), options),
    'gives more pictures than fit into 400 bytes': async () =>
      imagesFrom(await some(), { ...options, maxBytes: 400 }),
    'the iterator of mine gave no pictures': async () => imagesFrom([], options),
    'picture 0 of mine has 5 values, expected height x width x 3 = 2 x 2 x 3': async () =>
      imagesFrom([{ height: 2, width: 2, data: new Uint8Array(5) }], options),
    'from 1 to 4096, got 0': async () => imagesFrom([], { ...options, size: 0 }),
  };
  for (const [message, call] of Object.entries(errors)) {
    const error = await failure(call());
    expect(error.message).toContain(message);
    expect(isInputError(error)).toBe(true);
  }
  expect(await readdir(join(cache, 'pictures'))).toEqual([]);
});
