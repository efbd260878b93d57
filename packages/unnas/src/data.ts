import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  cifar10,
  cityscapes,
  cityscapesImages,
  fetchCifar10,
  type Images,
  imageFolder,
  imageNet,
  imageNet22k,
  type KindOf,
  type LabeledImages,
  labeledImageFolder,
  type SegmentedImages,
  take,
} from '@unnas/images';
import { inputError, Random } from '@unnas/random';
import { layoutOf } from './layout-of.ts';
import { didYouMean } from './suggest.ts';
import type { Terminal } from './terminal.ts';

/** Data sets that can be named in place of a folder. */
export const DATA_SETS: readonly string[] = ['cifar10'];

/** What `--data` and its companions say, as plain values: a run keeps it, so that the same pictures are found again. */
export interface DataChoice {
  /** A name, or the path of a folder. */
  readonly data: string;
  /**
   * Side in pixels to which the pictures of a folder of one's own are scaled; null where they keep their sizes, as those of ImageNet
   * and Cityscapes do.
   */
  readonly size: number | null;
  /** The text file that lists the pictures of ImageNet-22K, where it is not with them; null or left out otherwise. */
  readonly list?: string | null;
  /** How many pictures to use, drawn at random but always the same ones; null for all. */
  readonly limit: number | null;
  /** Share of the files that may be broken. */
  readonly maxBroken: number;
}

/** The choice with a path that holds wherever the process is. Throws an input error for a name that is none. */
export function settledChoice<T extends Pick<DataChoice, 'data' | 'list'>>(given: T): T {
  const choice = given.list ? { ...given, list: resolve(given.list) } : given;
  const { data } = choice;
  if (DATA_SETS.includes(data)) return choice;
  const path = resolve(data);
  if (existsSync(path) || /[/\\.]/.test(data)) return { ...choice, data: path };
  throw inputError(
    `there is no data set and no folder '${data}' (data sets: ${DATA_SETS.join(', ')})${didYouMean(data, DATA_SETS)}`,
  );
}

/** Training pictures with labels. Throws an input error where the set has none. */
export async function openLabeled(choice: DataChoice, voice: Voice): Promise<LabeledImages> {
  const found = await findData(choice, voice);
  switch (found.layout) {
    case 'cifar10':
      return limited((await cifar10(found.folder)).train, choice);
    case 'imagenet':
      return limited(await imageNet(found.folder, onDemand(choice)), choice);
    case 'imagenet22k':
      return limited(await imageNet22k(found.folder, onDemand(choice)), choice);
    case 'cityscapes':
      throw inputError(
        `${found.folder} is Cityscapes, which has a class for each pixel, expected pictures with a class each`,
      );
    case 'folder':
      return limited(await labeledImageFolder(found.folder, folderOptions(choice, voice)), choice);
  }
}

/** Training pictures with a class for each pixel. Throws an input error where the set has none. */
export async function openSegmented(choice: DataChoice, voice: Voice): Promise<SegmentedImages> {
  const { layout, folder } = await findData(choice, voice);
  if (layout === 'cityscapes') return limited(await cityscapes(folder, onDemand(choice)), choice);
  throw inputError(
    `${folder} has no class for each pixel, expected Cityscapes: leftImg8bit/train/<city>/ and gtFine/train/<city>/`,
  );
}

/** Training pictures without labels. */
export async function openImages(choice: DataChoice, voice: Voice): Promise<Images> {
  const { layout, folder } = await findData(choice, voice);
  if (layout === 'cityscapes') return limited(await cityscapesImages(folder, onDemand(choice)), choice);
  if (layout === 'folder') return limited(await imageFolder(folder, folderOptions(choice, voice)), choice);
  return (await openLabeled(choice, voice)).images;
}

/** What of a terminal the opening of pictures needs. */
export type Voice = Pick<Terminal, 'note' | 'progress' | 'endProgress'>;

/** Makes CIFAR-10 be there, and gives its folder. */
export async function fetchDataSet(folder: string | undefined, voice: Voice): Promise<string> {
  const doing = { download: 'downloading (139 MB)', unpack: 'unpacking', convert: 'converting' };
  const found = await fetchCifar10({
    ...(folder === undefined ? {} : { folder }),
    onProgress: ({ stage, done, total }) => {
      if (done === 0) voice.note(`CIFAR-10: ${doing[stage]}`);
      voice.progress(`CIFAR-10: ${doing[stage]} ${done + 1}/${total}`);
    },
  });
  voice.endProgress();
  return found;
}

/** The folder that was chosen and what it holds. Makes CIFAR-10 be there. */
async function findData({ data, size, list }: DataChoice, voice: Voice) {
  const named = DATA_SETS.includes(data);
  const folder = named ? await fetchDataSet(undefined, voice) : data;
  const layout = await layoutOf(folder, list ?? null);
  if (layout === 'cifar10' && size !== null && size !== 32) {
    throw inputError(`the pictures of CIFAR-10 are 32 pixels wide, and --size says ${size}`);
  }
  if (layout !== 'imagenet22k' && list) {
    throw inputError(`--list names the pictures of ImageNet-22K, and ${folder} holds something else`);
  }
  return { layout, folder };
}

function onDemand({ maxBroken, list }: DataChoice) {
  return { maxBroken, ...(list ? { list } : {}) };
}

function folderOptions({ data, size, maxBroken }: DataChoice, voice: Voice) {
  return {
    size,
    maxBroken,
    onProgress: ({ done, total }: { done: number; total: number }) => {
      voice.progress(`reading pictures of ${resolve(data)}: ${done}/${total}`);
      if (done === total) voice.endProgress();
    },
    onWarning: (sentence: string) => voice.note(sentence),
  };
}

/** The chosen number of pictures. Drawn, for the first files of a folder would be those of its first class. */
function limited<S extends Images | LabeledImages | SegmentedImages>(images: S, { limit }: DataChoice) {
  if (limit === null) return images as unknown as KindOf<S>;
  if (limit > images.length) {
    throw inputError(`--limit asks for ${limit} pictures, and ${images.name} has ${images.length}`);
  }
  return take(images, Random.of(0, 'limit').permutation(images.length).slice(0, limit).sort());
}
