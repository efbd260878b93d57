import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  cifar10,
  fetchCifar10,
  type Images,
  imageFolder,
  type KindOf,
  type LabeledImages,
  labeledImageFolder,
  take,
} from '@unnas/images';
import { inputError, Random } from '@unnas/random';
import { didYouMean } from './suggest.ts';
import type { Terminal } from './terminal.ts';

/** Data sets that can be named in place of a folder. */
export const DATA_SETS: readonly string[] = ['cifar10'];

/** What `--data` and its companions say, as plain values: a run keeps it, so that the same pictures are found again. */
export interface DataChoice {
  /** A name, or the path of a folder. */
  readonly data: string;
  /** Side of the pictures in pixels; null where they keep their own size. */
  readonly size: number | null;
  /** How many pictures to use, drawn at random but always the same ones; null for all. */
  readonly limit: number | null;
  /** Share of the files of a folder that may be broken. */
  readonly maxBroken: number;
}

/** The choice with a path that holds wherever the process is. Throws an input error for a name that is none. */
export function settledChoice<T extends Pick<DataChoice, 'data'>>(choice: T): T {
  const { data } = choice;
  if (DATA_SETS.includes(data)) return choice;
  const path = resolve(data);
  if (existsSync(path) || /[/\\.]/.test(data)) return { ...choice, data: path };
  throw inputError(
    `there is no data set and no folder '${data}' (data sets: ${DATA_SETS.join(', ')})${didYouMean(data, DATA_SETS)}`,
  );
}

/** Training pictures with labels. */
export async function openLabeled(choice: DataChoice, terminal: Voice): Promise<LabeledImages> {
  const folder = await cifarFolder(choice, terminal);
  return folder === undefined
    ? limited(await labeledImageFolder(choice.data, folderOptions(choice, terminal)), choice)
    : limited((await cifar10(folder)).train, choice);
}

/** Training pictures without labels. */
export async function openImages(choice: DataChoice, terminal: Voice): Promise<Images> {
  const folder = await cifarFolder(choice, terminal);
  return folder === undefined
    ? limited(await imageFolder(choice.data, folderOptions(choice, terminal)), choice)
    : limited((await cifar10(folder)).train.images, choice);
}

/** What of a terminal the opening of pictures needs. */
export type Voice = Pick<Terminal, 'note' | 'progress' | 'endProgress'>;

/** Makes CIFAR-10 be there, and gives its folder. */
export async function fetchDataSet(folder: string | undefined, terminal: Voice): Promise<string> {
  const doing = { download: 'downloading (139 MB)', unpack: 'unpacking', convert: 'converting' };
  const found = await fetchCifar10({
    ...(folder === undefined ? {} : { folder }),
    onProgress: ({ stage, done, total }) => {
      if (done === 0) terminal.note(`CIFAR-10: ${doing[stage]}`);
      terminal.progress(`CIFAR-10: ${doing[stage]} ${done + 1}/${total}`);
    },
  });
  terminal.endProgress();
  return found;
}

/** The folder with the files of CIFAR-10, if that is what was chosen. */
async function cifarFolder({ data, size }: DataChoice, terminal: Voice): Promise<string | undefined> {
  let folder: string | undefined;
  if (data === 'cifar10') folder = await fetchDataSet(undefined, terminal);
  else if (existsSync(join(data, 'data_batch_1.bin'))) folder = data;
  else if (existsSync(join(data, 'cifar-10-batches-bin'))) folder = data;
  if (folder !== undefined && size !== 32) {
    throw inputError(`the pictures of CIFAR-10 are 32 pixels wide, and --size says ${size}`);
  }
  return folder;
}

function folderOptions({ data, size, maxBroken }: DataChoice, terminal: Voice) {
  if (size === null) throw inputError(`the pictures of ${data} need a --size in pixels`);
  return {
    size,
    maxBroken,
    onProgress: ({ done, total }: { done: number; total: number }) => {
      terminal.progress(`reading pictures of ${resolve(data)}: ${done}/${total}`);
      if (done === total) terminal.endProgress();
    },
    onWarning: (sentence: string) => terminal.note(sentence),
  };
}

/** The chosen number of pictures. Drawn, for the first files of a folder would be those of its first class. */
function limited<S extends Images | LabeledImages>(images: S, { limit }: DataChoice): S | KindOf<S> {
  if (limit === null) return images;
  if (limit > images.length) {
    throw inputError(`--limit asks for ${limit} pictures, and ${images.name} has ${images.length}`);
  }
  const drawn = Random.of(0, 'limit').permutation(images.length).slice(0, limit).sort();
  return take(images, drawn);
}
