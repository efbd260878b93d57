import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { failure } from '../fixtures/folders.ts';
import { CITYSCAPES_STEMS, cityscapesTree, grayPng } from '../fixtures/trees.ts';
import { CITYSCAPES_CLASSES, cityscapes, cityscapesImages } from './cityscapes.ts';
import { split } from './subset.ts';

// Pairs of ids and train ids, as the data set's own tools have them.
const TRAIN_IDS = new Map([
  ...([7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33] as const).map(
    (id, trainId) => [id as number, trainId] as const,
  ),
]);
const trainIdOf = (id: number) => TRAIN_IDS.get(id) ?? 255;
const tree = () => cityscapesTree(trainIdOf);

const labelMapPath = (folder: string, stem: number, kind = 'labelIds') =>
  join(folder, `gtFine/train/${CITYSCAPES_STEMS[stem]}_gtFine_${kind}.png`);

describe('cityscapes', () => {
  it('reads pictures with their classes, from train ids and from ids', async () => {
    const folder = await tree();
    const set = await cityscapes(folder);
    expect([set.name, set.length, set.size, set.preparation]).toEqual([
      'Cityscapes train',
      3,
      null,
      'cityscapes',
    ]);
    expect(set.classes).toHaveLength(19);
    expect([set.classes[0], set.classes[13], set.classes[18]]).toEqual(['road', 'car', 'bicycle']);
    const bands = Uint8Array.from({ length: 64 * 32 }, (_, at) =>
      trainIdOf(Math.floor(((at % 64) * 34) / 64)),
    );
    for (const [i, { height, width, data, labelMap }] of (await set.load([0, 1, 2])).entries()) {
      expect([height, width]).toEqual([32, 64]);
      const path = join(folder, `leftImg8bit/train/${CITYSCAPES_STEMS[i]}_leftImg8bit.png`);
      expect(Buffer.compare(data, await sharp(path).raw().toBuffer())).toBe(0);
      expect(labelMap).toEqual(bands);
    }
    expect(new Set(bands)).toEqual(new Set([...CITYSCAPES_CLASSES.keys(), 255]));
    const [first] = split(set, { seed: 0, portion: 0.7 });
    expect((await first.load([1]))[0]!.labelMap).toEqual(bands);
  });

  it('gives the pictures alone without label maps, even where there are none', async () => {
    const folder = await tree();
    const set = await cityscapes(folder);
    await rm(join(folder, 'gtFine'), { recursive: true });
    const alone = await cityscapesImages(folder);
    expect(alone.length).toBe(3);
    for (const images of [set.images, alone]) {
      const [picture] = await images.load([2]);
      expect(Object.keys(picture!).sort()).toEqual(['data', 'height', 'width']);
    }
    expect((await set.images.load([2]))[0]).toEqual((await alone.load([2]))[0]);
  });

  it('names a missing label map and says how to make it', async () => {
    const folder = await tree();
    await rm(labelMapPath(folder, 2));
    const archive = await failure(cityscapes(folder));
    expect(archive.message).toMatch(
      /zurich\/zurich_000000_000019_gtFine_labelTrainIds\.png is missing, .* unpack gtFine_trainvaltest\.zip/,
    );
    await writeFile(labelMapPath(folder, 2, 'polygons').replace('.png', '.json'), '{}');
    const polygons = await failure(cityscapes(folder));
    expect(polygons.message).toContain(`CITYSCAPES_DATASET=${folder} csCreateTrainIdLabelImgs`);
    for (const error of [archive, polygons]) expect(isInputError(error)).toBe(true);
  });

  it('says which layout it expects', async () => {
    const folder = await tree();
    expect((await failure(cityscapes(folder, { part: 'val' }))).message).toMatch(
      /cannot read the folder .*leftImg8bit\/val: no such file or folder; expected Cityscapes, leftImg8bit\/\{train,val\}/,
    );
    const city = join(folder, 'leftImg8bit/train/aachen');
    await rename(`${city}/aachen_000000_000019_leftImg8bit.png`, `${city}/other.png`);
    expect((await cityscapes(folder)).skipped).toEqual([
      { file: 'leftImg8bit/train/aachen/other.png', reason: 'not a file *_leftImg8bit.png' },
    ]);
    await rm(join(folder, 'leftImg8bit/train'), { recursive: true });
    expect(isInputError(await failure(cityscapes(folder)))).toBe(true);
  });

  it('takes the next picture for one with a bad label map, and names what is wrong with it', async () => {
    const bad = {
      'a pixel has the value 19, which is no class': await grayPng(new Uint8Array(64 * 32).fill(19), 64),
      'not a picture of 8-bit gray, as a label map is': await sharp(await grayPng(new Uint8Array(2048), 64))
        .png({ palette: true })
        .toBuffer(),
      '32x64 pixels for a picture of 64x32': await grayPng(new Uint8Array(2048), 32),
      'not a png picture inside': Buffer.from('P5 64 32'),
      'the file is empty': Buffer.alloc(0),
    };
    for (const [reason, bytes] of Object.entries(bad)) {
      const folder = await tree();
      await writeFile(labelMapPath(folder, 0, 'labelTrainIds'), bytes);
      const set = await cityscapes(folder, { maxBroken: 0.5 });
      const [zero, one] = await set.load([0, 1]);
      expect(zero).toEqual(one);
      const file = `gtFine/train/${CITYSCAPES_STEMS[0]}_gtFine_labelTrainIds.png`;
      expect(set.skipped).toEqual([{ file, reason }]);
      // The picture itself is good.
      expect((await set.images.load([0]))[0]!.data).not.toEqual(one!.data);
      expect(set.images.skipped).toEqual([]);
      const strict = await failure((await cityscapes(folder)).load([0]));
      expect(strict.message).toContain(`Cityscapes train: 1 of the 3 pictures in ${folder} cannot be used`);
      expect(strict.message).toContain(`${file} (${reason})`);
    }
  });

  it('reads every value of a gray png as it is', async () => {
    const folder = await tree();
    const values = Uint8Array.from({ length: 2048 }, (_, i) => i % 256);
    await rm(labelMapPath(folder, 0, 'labelTrainIds'));
    await writeFile(labelMapPath(folder, 0), await grayPng(values, 64));
    const [picture] = await (await cityscapes(folder)).load([0]);
    expect(picture!.labelMap).toEqual(values.map(trainIdOf));
    expect((await readFile(labelMapPath(folder, 0))).subarray(24, 26)).toEqual(Buffer.from([8, 0]));
  });
});
