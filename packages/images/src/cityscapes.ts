import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '@unnas/random';
import { folderEntries } from './folder-entries.ts';
import { IMAGENET_STATISTICS } from './imagenet.ts';
import { type OnDemandOptions, type PictureFiles, picturesOnDemand, segmentedOnDemand } from './on-demand.ts';
import type { Images, SegmentedImages } from './picture.ts';
import { IGNORED } from './segmented.ts';

/** The classes of Cityscapes that count, by their train ids, and the id of each in a file `_labelIds`. */
const IDS = {
  road: 7,
  sidewalk: 8,
  building: 11,
  wall: 12,
  fence: 13,
  pole: 17,
  'traffic light': 19,
  'traffic sign': 20,
  vegetation: 21,
  terrain: 22,
  sky: 23,
  person: 24,
  rider: 25,
  car: 26,
  truck: 27,
  bus: 28,
  train: 31,
  motorcycle: 32,
  bicycle: 33,
} as const;

export const CITYSCAPES_CLASSES: readonly string[] = Object.keys(IDS);

/** The class of each id of a file `_labelIds`; all others do not count. */
const FROM_IDS = new Int16Array(256).fill(IGNORED);
for (const [label, id] of Object.values(IDS).entries()) FROM_IDS[id] = label;

/** A file `_labelTrainIds` holds the classes themselves. */
const FROM_TRAIN_IDS = Int16Array.from({ length: 256 }, (_, value) =>
  value < CITYSCAPES_CLASSES.length || value === IGNORED ? value : -1,
);

export interface CityscapesOptions extends OnDemandOptions {
  /** Which part to read, `train` by default. */
  readonly part?: 'train' | 'val';
}

/**
 * Cityscapes in its own layout, `leftImg8bit/{train,val}/<city>/<stem>_leftImg8bit.png` with the label maps
 * `gtFine/{train,val}/<city>/<stem>_gtFine_labelTrainIds.png`; where only the file `_labelIds.png` exists, its ids are mapped to the 19
 * classes. Files are sorted by path. Pictures and label maps keep their own sizes and are decoded when asked for (see `OnDemandOptions`).
 *
 * Throws an input error for a folder in another layout, and for a picture without a label map: it names the file and says how
 * to make it. `cityscapesImages` needs no label maps.
 */
export async function cityscapes(folder: string, options: CityscapesOptions = {}): Promise<SegmentedImages> {
  const { files, stems, part } = await cityscapesFiles(folder, options);
  const maps: { file: string; table: Int16Array }[] = [];
  let city = '';
  let there = new Set<string>();
  for (const stem of stems) {
    const slash = stem.indexOf('/');
    const below = `gtFine/${part}/${stem.slice(0, slash)}`;
    if (below !== city) {
      city = below;
      there = new Set(await readdir(join(folder, city)).catch(() => []));
    }
    const name = `${stem.slice(slash + 1)}_gtFine`;
    const trainIds = `${name}_labelTrainIds.png`;
    const ids = `${name}_labelIds.png`;
    if (there.has(trainIds)) maps.push({ file: `${city}/${trainIds}`, table: FROM_TRAIN_IDS });
    else if (there.has(ids)) maps.push({ file: `${city}/${ids}`, table: FROM_IDS });
    else throw noLabelMap(folder, `${city}/${trainIds}`, there.has(`${name}_polygons.json`));
  }
  const labelMaps = {
    classes: CITYSCAPES_CLASSES,
    labelMapOf: (index: number) => maps[index]!.file,
    tableOf: (index: number) => maps[index]!.table,
  };
  return segmentedOnDemand(files, labelMaps, options);
}

/** The pictures of Cityscapes alone: see `cityscapes`. The folder `gtFine` is not looked at. */
export async function cityscapesImages(folder: string, options: CityscapesOptions = {}): Promise<Images> {
  return picturesOnDemand((await cityscapesFiles(folder, options)).files, options);
}

const PICTURE = '_leftImg8bit.png';
const LAYOUT = `Cityscapes, leftImg8bit/{train,val}/<city>/*${PICTURE}`;

async function cityscapesFiles(folder: string, { part = 'train' }: CityscapesOptions) {
  const below = `leftImg8bit/${part}`;
  const cities = (await folderEntries(join(folder, below), LAYOUT))
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.'))
    .sort();
  const stems: string[] = [];
  const others: { file: string; reason: string }[] = [];
  for (const city of cities) {
    const names = (await folderEntries(join(folder, below, city), LAYOUT)).map(({ name }) => name).sort();
    for (const name of names.filter((name) => !name.startsWith('.'))) {
      if (name.endsWith(PICTURE)) stems.push(`${city}/${name.slice(0, -PICTURE.length)}`);
      else others.push({ file: `${below}/${city}/${name}`, reason: `not a file *${PICTURE}` });
    }
  }
  if (stems.length === 0) {
    throw inputError(`${join(folder, below)} holds no pictures <city>/*${PICTURE}; is it Cityscapes?`);
  }
  const files: PictureFiles = {
    ...IMAGENET_STATISTICS,
    name: `Cityscapes ${part}`,
    preparation: 'cityscapes',
    folder,
    length: stems.length,
    fileOf: (index) => `${below}/${stems[index]}${PICTURE}`,
    others,
  };
  return { files, stems, part };
}

function noLabelMap(folder: string, file: string, polygons: boolean): Error {
  const how = polygons
    ? 'make the label maps from the polygons: pip install cityscapesscripts, then CITYSCAPES_DATASET=FOLDER csCreateTrainIdLabelImgs'
    : 'unpack gtFine_trainvaltest.zip of Cityscapes there';
  return inputError(
    `the label map ${join(folder, file)} is missing, and so is its _labelIds.png: ${how.replace('FOLDER', folder)}`,
  );
}
