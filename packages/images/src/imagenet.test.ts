import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isInputError } from '@unnas/random';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { failure, hashed, PHOTOS, temporaryFolder } from '../fixtures/folders.ts';
import { imageNetTree, PHOTO_FILES, photoTree } from '../fixtures/trees.ts';
import { imageNet } from './imagenet.ts';
import { imageNet22k } from './imagenet-22k.ts';
import type { Source } from './picture.ts';

/** Which photographs a set has, as positions in PHOTO_FILES. */
async function photosOf(set: Source<{ height: number; width: number; data: Uint8Array }>): Promise<number[]> {
  const photos = await Promise.all(PHOTO_FILES.map((file) => sharp(join(PHOTOS, file)).raw().toBuffer()));
  const pictures = await set.load(Array.from({ length: set.length }, (_, i) => i));
  return pictures.map(({ data }) => photos.findIndex((photo) => Buffer.compare(photo, data) === 0));
}

describe('imageNet', () => {
  it('takes its classes from the folders and sorts everything by name', async () => {
    const folder = await imageNetTree();
    await mkdir(join(folder, 'train/n00000001'));
    await mkdir(join(folder, 'train/other'));
    await writeFile(join(folder, 'train/other/a.JPEG'), '');
    await writeFile(join(folder, 'train/n03876231/notes.txt'), '');
    const set = await imageNet(folder);
    expect([set.name, set.length, set.size, set.preparation]).toEqual([
      'ImageNet train',
      6,
      null,
      'imagenet',
    ]);
    // A class without pictures keeps its number.
    expect(set.classes).toEqual(['n00000001', 'n01440764', 'n02100735', 'n03876231']);
    expect([...set.labels]).toEqual([1, 1, 1, 2, 2, 3]);
    expect(await photosOf(set)).toEqual([1, 2, 4, 5, 0, 3]);
    const [picture] = await set.load([4]);
    expect([picture!.height, picture!.width, picture!.label]).toEqual([320, 232, 2]);
    expect(set.mean).toEqual([0.485, 0.456, 0.406]);
    expect(set.skipped).toEqual([
      { file: 'n03876231/notes.txt', reason: 'not a .jpg, .jpeg, .png or .webp file' },
    ]);
    expect('label' in (await set.images.load([0]))[0]!).toBe(false);
  });

  it('reads the part val, the folders of classes themselves, and links', async () => {
    const folder = await imageNetTree();
    const val = await imageNet(folder, { part: 'val' });
    expect([val.name, val.length, [...val.labels]]).toEqual(['ImageNet val', 2, [0, 1]]);
    expect((await imageNet(join(folder, 'train'))).length).toBe(6);
    const linked = await temporaryFolder();
    await symlink(join(folder, 'train'), join(linked, 'train'));
    expect(await photosOf(await imageNet(linked))).toEqual([1, 2, 4, 5, 0, 3]);
  });

  it('says what is wrong with a folder in another layout', async () => {
    const folder = await imageNetTree();
    await rename(join(folder, 'val/n01440764/ILSVRC2012_val_00000293.JPEG'), join(folder, 'val/one.JPEG'));
    for (const name of ['n01440764', 'n03876231']) await rm(join(folder, 'val', name), { recursive: true });
    const unsorted = await failure(imageNet(folder, { part: 'val' }));
    expect(unsorted.message).toMatch(
      /val holds pictures beside no folders of classes, .* into such folders first/,
    );
    const other = await failure(imageNet(PHOTOS));
    expect(other.message).toContain('n########/*.JPEG; it holds energy, fish, tool');
    const absent = await failure(imageNet(join(folder, 'absent')));
    expect(absent.message).toMatch(/^cannot read the folder .*absent: no such file or folder$/);
    await mkdir(join(folder, 'empty/train/n01440764'), { recursive: true });
    const empty = await failure(imageNet(join(folder, 'empty')));
    expect(empty.message).toMatch(/^the folders of classes in .*empty\/train hold no \.jpg/);
    for (const error of [unsorted, other, absent, empty]) expect(isInputError(error)).toBe(true);
  });
});

describe('imageNet22k', () => {
  const NAMES = ['n00440039_3.JPEG', 'n00005787_97.JPEG', 'n00005787_105.JPEG', 'n00440039_12.JPEG'];
  const tree = () =>
    photoTree(
      Object.fromEntries(
        NAMES.map((name, i) => [`imagenet22k/${name.split('_')[0]}/${name}`, PHOTO_FILES[i]!]),
      ),
    );

  it('takes pictures and classes from the list, in its order', async () => {
    const above = await tree();
    const folder = join(above, 'imagenet22k');
    const list = join(above, 'list.txt');
    for (const text of [NAMES.join('\n'), `${NAMES.join('\r\n')}\r\n`, `\n${NAMES.join('\n\n')}\n`]) {
      await writeFile(list, text);
      const set = await imageNet22k(folder, { list });
      expect([set.name, set.size, set.preparation]).toEqual(['ImageNet-22K', null, 'imagenet']);
      expect(set.classes).toEqual(['n00005787', 'n00440039']);
      expect([...set.labels]).toEqual([1, 0, 0, 1]);
      expect(await photosOf(set)).toEqual([0, 1, 2, 3]);
    }
  });

  it('finds the list in the folder or beside it, and needs one', async () => {
    const above = await tree();
    const folder = join(above, 'imagenet22k');
    const missing = await failure(imageNet22k(folder));
    expect(missing.message).toMatch(
      /needs the list of its pictures, .*expected it in .*imagenet22k\/imagenet-22k\.txt/,
    );
    for (const at of [dirname(folder), folder]) {
      await writeFile(join(at, 'imagenet-22k.txt'), NAMES.slice(1).join('\n'));
      expect((await imageNet22k(folder)).length).toBe(3);
      await rm(join(at, 'imagenet-22k.txt'));
    }
    expect(isInputError(missing)).toBe(true);
  });

  it('refuses a list that names no pictures, and one of other pictures', async () => {
    const above = await tree();
    const folder = join(above, 'imagenet22k');
    const list = join(above, 'list.txt');
    const refusal = async (text: string) => {
      await writeFile(list, text);
      const error = await failure(imageNet22k(folder, { list }));
      expect(isInputError(error)).toBe(true);
      return error.message;
    };
    expect(await refusal(`${NAMES[0]}\nhello\n`)).toMatch(
      /^line 2 of the list .*list\.txt is 'hello', expected/,
    );
    expect(await refusal(`${NAMES[0]}\nn123\nn5_1`)).toMatch(
      /^line 2 of the list .*list\.txt is 'n123', expected/,
    );
    expect(await refusal(`${NAMES[0]}\n${NAMES[3]}\nn00440039_/../../x.JPEG`)).toMatch(/^line 3 of/);
    expect(await refusal('/n5_1')).toMatch(/^line 1 of/);
    expect(await refusal('\n\n')).toContain('is empty');
    expect(await refusal('n00440039_99.JPEG\nn99999999_1.JPEG\n')).toMatch(
      /holds none of 2 pictures that the list .* names, such as n00440039\/n00440039_99\.JPEG$/,
    );
  });

  it('skips a picture of the list that is not there', async () => {
    const above = await tree();
    const list = join(above, 'list.txt');
    await writeFile(list, `${NAMES[0]}\nn00005787_1.JPEG\n${NAMES[2]}\n`);
    const set = await imageNet22k(join(above, 'imagenet22k'), { list, maxBroken: 0.5 });
    // The picture that stands in comes with its own label.
    expect(hashed(await set.load([1]))).toEqual(hashed(await set.load([2])));
    expect(set.skipped).toEqual([{ file: 'n00005787/n00005787_1.JPEG', reason: 'no such file' }]);
  });
});
