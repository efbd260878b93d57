import {
  chmod,
  cp,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { failure, PHOTOS, photoFolder, temporaryFolder } from '../fixtures/folders.ts';
import { imageFolder, labeledImageFolder } from './image-folder.ts';
import type { Images } from './picture.ts';

const plain = { size: 32, cache: false } as const;

async function pictures(images: Images) {
  return images.load(Array.from({ length: images.length }, (_, i) => i));
}

/** A png whose left half has one colour and whose right half has another. */
async function halves(width: number, height: number, left: string, right: string): Promise<Buffer> {
  const half = { width: Math.ceil(width / 2), height, channels: 3, background: right } as const;
  return sharp({ create: { width, height, channels: 3, background: left } })
    .composite([
      { input: await sharp({ create: half }).png().toBuffer(), left: Math.floor(width / 2), top: 0 },
    ])
    .png()
    .toBuffer();
}

describe('imageFolder', () => {
  it('reads photographs from sub-folders in the order of their paths', async () => {
    const images = await imageFolder(PHOTOS, plain);
    expect([images.name, images.length, images.size, images.skipped]).toEqual(['photos', 6, 32, []]);
    const all = await pictures(images);
    for (const { height, width, data } of all) expect([height, width, data.length]).toEqual([32, 32, 3072]);
    // The second one is fish/fish4.jpg: its shorter side scaled to 32, its centre cut out.
    const expected = await sharp(join(PHOTOS, 'fish/fish4.jpg')).resize(32, 32).raw().toBuffer();
    expect(Buffer.compare(all[1]!.data, expected)).toBe(0);
    for (const channel of [0, 1, 2] as const) {
      const values = all.flatMap(({ data }) => [...data].filter((_, i) => i % 3 === channel));
      const mean = values.reduce((a, b) => a + b) / values.length;
      expect(images.mean[channel]).toBeCloseTo(mean / 255, 10);
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
      expect(images.deviation[channel]).toBeCloseTo(Math.sqrt(variance) / 255, 10);
    }
  });

  it('gives the same bytes whatever the number of threads', async () => {
    const folder = await photoFolder();
    for (let i = 0; i < 20; i++)
      await cp(join(PHOTOS, 'tool'), join(folder, `tool${i}`), { recursive: true });
    const one = await imageFolder(folder, { ...plain, workers: 1 });
    const three = await imageFolder(folder, { ...plain, workers: 3 });
    expect(three.length).toBe(66);
    expect(await pictures(three)).toEqual(await pictures(one));
  });

  it('scales the shorter side and cuts out the centre, of odd and thin pictures too', async () => {
    const folder = await temporaryFolder();
    const sizes = { a: [33, 65], b: [65, 33], c: [7, 5], d: [300, 2], e: [1, 2], f: [32, 32] } as const;
    for (const [name, [width, height]] of Object.entries(sizes)) {
      await writeFile(join(folder, `${name}.png`), await halves(width, height, '#ff0000', '#0000ff'));
    }
    const images = await imageFolder(folder, { ...plain, maxBroken: 0.2 });
    // A picture of one column has one colour.
    expect(images.skipped).toEqual([{ file: 'e.png', reason: 'every pixel has the same colour' }]);
    for (const { data } of await pictures(images)) {
      const row = data.subarray(16 * 96, 17 * 96);
      expect([row[0], row[2], row[93], row[95]]).toEqual([255, 0, 0, 255]);
    }
  });

  it('turns pictures upright, and makes gray, 16-bit, CMYK and transparent ones 8-bit RGB', async () => {
    const folder = await temporaryFolder();
    const red = await halves(40, 40, '#ff0000', '#000000');
    // Orientation 3: stored upside down. So the red half of the stored picture is shown on the right.
    await sharp(red).withMetadata({ orientation: 3 }).jpeg({ quality: 100 }).toFile(join(folder, 'a.jpeg'));
    await sharp(await halves(40, 40, '#808080', '#202020'))
      .toColourspace('b-w')
      .png()
      .toFile(join(folder, 'b.png'));
    await sharp(await halves(40, 40, '#ff8000', '#202020'))
      .toColourspace('rgb16')
      .png()
      .toFile(join(folder, 'c.PNG'));
    await sharp(red).toColourspace('cmyk').jpeg({ quality: 100 }).toFile(join(folder, 'd.JPG'));
    // Transparent green on the left, black on the right.
    const rgba = Buffer.from(
      Array.from({ length: 1600 }, (_, i) => (i % 40 < 20 ? [0, 200, 0, 0] : [0, 0, 0, 255])).flat(),
    );
    await sharp(rgba, { raw: { width: 40, height: 40, channels: 4 } })
      .webp({ lossless: true, exact: true })
      .toFile(join(folder, 'e.webp'));
    const all = await pictures(await imageFolder(folder, plain));
    const left = all.map(({ data }) => [...data.subarray(16 * 96 + 6, 16 * 96 + 9)]);
    const right = all.map(({ data }) => [...data.subarray(16 * 96 + 87, 16 * 96 + 90)]);
    const near = (pixel: number[] | undefined, colour: number[]) =>
      expect(Math.max(...colour.map((value, c) => Math.abs(value - pixel![c]!)))).toBeLessThan(10);
    near(left[0], [0, 0, 0]);
    near(right[0], [255, 0, 0]);
    near(left[1], [128, 128, 128]);
    near(right[1], [32, 32, 32]);
    near(left[2], [255, 128, 0]);
    near(right[2], [32, 32, 32]);
    expect(left[3]![0]! - left[3]![1]!).toBeGreaterThan(150);
    near(left[4], [255, 255, 255]);
    near(right[4], [0, 0, 0]);
  });

  it('leaves out broken files, counts them and says why', async () => {
    const folder = await photoFolder();
    const good = await readFile(join(folder, 'fish/fish4.jpg'));
    const png = await sharp(good).png().toBuffer();
    const webp = await sharp(good).webp().toBuffer();
    await writeFile(join(folder, 'cut.jpg'), good.subarray(0, good.length / 2));
    await writeFile(join(folder, 'cut.png'), png.subarray(0, png.length / 2));
    await writeFile(join(folder, 'cut.webp'), webp.subarray(0, webp.length / 2));
    await writeFile(join(folder, 'empty.jpg'), '');
    await writeFile(join(folder, 'flat.png'), await halves(9, 9, '#123456', '#123456'));
    await writeFile(join(folder, 'text.jpg'), 'this is no picture');
    await writeFile(
      join(folder, 'drawing.png'),
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    );
    await symlink('nowhere.jpg', join(folder, 'link.jpg'));
    await writeFile(join(folder, 'notes.txt'), 'about the pictures');
    await writeFile(join(folder, '.hidden.jpg'), 'not looked at');
    const progress: string[] = [];
    const images = await imageFolder(folder, {
      ...plain,
      maxBroken: 0.6,
      onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
    });
    expect(images.length).toBe(6);
    expect(images.skipped.map(({ file }) => file)).toEqual([
      ...['cut.jpg', 'cut.png', 'cut.webp', 'drawing.png', 'empty.jpg', 'flat.png', 'text.jpg'],
      ...['link.jpg', 'notes.txt'],
    ]);
    const reasons = Object.fromEntries(images.skipped.map(({ file, reason }) => [file, reason]));
    expect(reasons['cut.jpg']).toBe('truncated or damaged jpg');
    expect(reasons['empty.jpg']).toBe('the file is empty');
    expect(reasons['flat.png']).toBe('every pixel has the same colour');
    expect(reasons['cut.png']).toBe('truncated or damaged png');
    expect(reasons['cut.webp']).toBe('truncated or damaged webp');
    expect(reasons['text.jpg']).toBe('not a jpg, png or webp picture inside');
    expect(reasons['drawing.png']).toBe('not a jpg, png or webp picture inside');
    expect(reasons['link.jpg']).toBe('no such file or folder');
    expect(reasons['notes.txt']).toBe('not a .jpg, .jpeg, .png or .webp file');
    expect(progress).toEqual(Array.from({ length: 13 }, (_, i) => `${i + 1}/13`));
  });

  it('refuses a folder with too many broken files, and names the first', async () => {
    const folder = await photoFolder();
    for (let i = 0; i < 5; i++) await writeFile(join(folder, `bad${i}.jpg`), 'no picture');
    const error = await failure(imageFolder(folder, plain));
    expect(error.message).toMatch(
      /^5 of the 11 pictures in .*photos cannot be used, expected at most 10 %: /,
    );
    expect(error.message).toMatch(/bad0\.jpg \(.*\), bad1\.jpg \(.*\), bad2\.jpg \(.*\) and 2 more$/);
    expect(isInputError(error)).toBe(true);
    expect((await imageFolder(folder, { ...plain, maxBroken: 0.46 })).length).toBe(6);
    expect((await failure(imageFolder(folder, { ...plain, maxBroken: 2 }))).message).toContain(
      'between 0 and 1',
    );
  });

  it('refuses a set of pictures of one single colour', async () => {
    const folder = await temporaryFolder();
    for (const colour of ['#102030', '#ffffff']) {
      await writeFile(join(folder, `${colour.slice(1)}.png`), await halves(20, 20, colour, colour));
    }
    const error = await failure(imageFolder(folder, { ...plain, maxBroken: 1 }));
    expect(error.message).toMatch(
      /none of the 2 pictures in .* can be used: 102030.png \(every pixel has the same/,
    );
    expect(isInputError(error)).toBe(true);
  });

  it('says what is wrong with a folder that is missing, empty, a file, or has no pictures', async () => {
    const folder = await temporaryFolder();
    const messages = [
      [join(folder, 'absent'), /^there is no folder .*absent$/],
      [folder, /has no \.jpg, \.jpeg, \.png or \.webp pictures$/],
      [join(folder, 'file'), /^expected a folder of pictures, got the file .*file$/],
    ] as const;
    await mkdir(join(folder, 'sub'));
    for (const [at, message] of messages) {
      if (at.endsWith('file')) await writeFile(at, '');
      const error = await failure(imageFolder(at, plain));
      expect(error.message).toMatch(message);
      expect(isInputError(error)).toBe(true);
    }
    expect((await failure(imageFolder(folder, plain))).message).toContain(
      '; it has 1 other file: file (not a .jpg',
    );
    for (const size of [0, 1.5, 5000, Number.NaN]) {
      expect((await failure(imageFolder(PHOTOS, { ...plain, size }))).message).toContain('from 1 to 4096');
    }
    expect((await failure(imageFolder(PHOTOS, { ...plain, workers: 0 }))).message).toContain(
      'at least 1, got 0',
    );
  });

  it('names a sub-folder that it may not read', async (context) => {
    const folder = await photoFolder();
    await chmod(join(folder, 'fish'), 0);
    const root = process.geteuid?.() === 0;
    // The superuser may read everything: be someone else for a moment.
    if (root) {
      await chmod(join(folder, '..'), 0o777);
      process.seteuid!(65534);
    }
    try {
      const readable = await readdir(join(folder, 'fish')).then(
        () => true,
        () => false,
      );
      if (readable) context.skip();
      const error = await failure(imageFolder(folder, plain));
      expect(error.message).toMatch(/^cannot read the folder .*fish: permission denied$/);
      expect(isInputError(error)).toBe(true);
    } finally {
      if (root) process.seteuid!(0);
      await chmod(join(folder, 'fish'), 0o755);
    }
  });

  it('follows links to files and folders, and is not caught by links in a circle', async () => {
    const folder = await photoFolder();
    const elsewhere = await temporaryFolder();
    await cp(join(PHOTOS, 'tool'), join(elsewhere, 'more'), { recursive: true });
    await symlink(folder, join(folder, 'fish', 'up'));
    await symlink('loop', join(folder, 'loop'));
    await symlink(join(elsewhere, 'more'), join(folder, 'more'));
    await symlink(join(elsewhere, 'more', 'hammer5.jpg'), join(folder, 'linked.jpg'));
    const images = await imageFolder(folder, plain);
    expect(images.length).toBe(6 + 3 + 1);
    expect(images.skipped.map(({ file }) => file)).toEqual(['loop']);
  });
});

describe('the cache of imageFolder', () => {
  it('is read the second time, with the same result', async () => {
    const folder = await photoFolder();
    await writeFile(join(folder, 'bad.jpg'), 'no picture');
    const options = { size: 16, cache: join(await temporaryFolder(), 'new', 'cache'), maxBroken: 0.5 };
    const first = await imageFolder(folder, options);
    let decoded = 0;
    const second = await imageFolder(folder, { ...options, onProgress: () => decoded++ });
    expect(decoded).toBe(0);
    expect(await pictures(second)).toEqual(await pictures(first));
    for (const key of ['mean', 'deviation', 'skipped', 'length'] as const)
      expect(second[key]).toEqual(first[key]);
    // What is kept does not depend on what is allowed.
    await expect(imageFolder(folder, { ...options, maxBroken: 0.1 })).rejects.toThrow('1 of the 7 pictures');
  });

  it('is not used when a file, its time or the size changed', async () => {
    const folder = await photoFolder();
    const cache = await temporaryFolder();
    const decodes = async (size = 16) => {
      let decoded = 0;
      await imageFolder(folder, { size, cache, onProgress: () => decoded++ });
      return decoded;
    };
    expect(await decodes()).toBe(6);
    expect(await decodes(17)).toBe(6);
    await utimes(join(folder, 'fish/fish4.jpg'), 5, 5);
    expect(await decodes()).toBe(6);
    await rm(join(folder, 'fish/fish4.jpg'));
    expect(await decodes()).toBe(5);
    expect(await decodes()).toBe(0);
  });

  it('is made again when it is damaged, and leaves no parts behind', async () => {
    const folder = await photoFolder();
    const cache = await temporaryFolder();
    const whole = await pictures(await imageFolder(folder, { size: 16, cache }));
    const [file] = await readdir(join(cache, 'pictures'));
    for (const bytes of [3, 16 * 16 * 3 * 6]) {
      await truncate(join(cache, 'pictures', file!), bytes);
      expect(await pictures(await imageFolder(folder, { size: 16, cache }))).toEqual(whole);
    }
    await writeFile(join(cache, 'pictures', file!), Buffer.alloc(5000, 1));
    expect(await pictures(await imageFolder(folder, { size: 16, cache }))).toEqual(whole);
    expect(await readdir(join(cache, 'pictures'))).toEqual([file]);
  });

  it('can be made by several at the same time', async () => {
    const folder = await photoFolder();
    const cache = await temporaryFolder();
    const sets = await Promise.all([1, 2, 3].map(() => imageFolder(folder, { size: 16, cache, workers: 1 })));
    const [first, ...others] = await Promise.all(sets.map(pictures));
    for (const other of others) expect(other).toEqual(first);
    expect((await readdir(join(cache, 'pictures'))).length).toBe(1);
  });

  it('is done without where it cannot be written, with a warning', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const warnings: string[] = [];
    const images = await imageFolder(PHOTOS, {
      size: 16,
      cache: file,
      onWarning: (text) => warnings.push(text),
    });
    expect(images.length).toBe(6);
    expect(warnings).toEqual([
      `decoded pictures cannot be kept in ${file}: a part of the path is not a folder`,
    ]);
  });
});

describe('labeledImageFolder', () => {
  it('takes labels from the sorted names of the sub-folders', async () => {
    const folder = await photoFolder();
    await cp(join(folder, 'tool/hammer5.jpg'), join(folder, 'beside.jpg'));
    await mkdir(join(folder, 'fish/small'));
    await cp(join(folder, 'fish/fish4.jpg'), join(folder, 'fish/small/fish4.jpg'));
    await mkdir(join(folder, 'nothing'));
    const set = await labeledImageFolder(folder, plain);
    expect(set.classes).toEqual(['energy', 'fish', 'tool']);
    expect([...set.labels]).toEqual([0, 1, 1, 1, 2, 2, 2]);
    expect(set.skipped).toEqual([{ file: 'beside.jpg', reason: 'not in the sub-folder of a class' }]);
    expect((await set.load([4]))[0]!.label).toBe(2);
  });

  it('keeps labels with their pictures when files are left out', async () => {
    const folder = await photoFolder();
    await writeFile(join(folder, 'fish/a.jpg'), 'no picture');
    await writeFile(join(folder, 'energy/zz.jpg'), 'no picture');
    const set = await labeledImageFolder(folder, { ...plain, maxBroken: 0.5 });
    expect([...set.labels]).toEqual([0, 1, 1, 2, 2, 2]);
    expect(await pictures(set.images)).toEqual(await pictures(await imageFolder(PHOTOS, plain)));
  });

  it('refuses more classes than stated, and a set of one class', async () => {
    const error = await failure(labeledImageFolder(PHOTOS, { ...plain, classes: 2 }));
    expect(error.message).toMatch(/has 3 classes \(energy, fish, tool\), expected at most 2$/);
    expect(isInputError(error)).toBe(true);
    expect((await labeledImageFolder(PHOTOS, { ...plain, classes: 3 })).classes.length).toBe(3);
    const folder = await photoFolder();
    await rm(join(folder, 'fish'), { recursive: true });
    await rm(join(folder, 'tool'), { recursive: true });
    expect((await failure(labeledImageFolder(folder, plain))).message).toContain('of the class energy alone');
    expect((await failure(labeledImageFolder(join(folder, 'energy'), plain))).message).toMatch(
      /energy has no sub-folders with pictures, expected one for each class; it holds .*windmill\.jpg/,
    );
  });
});
