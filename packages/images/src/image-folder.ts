import { basename, resolve } from 'node:path';
import { inputError } from '@unnas/random';
import { cacheFolder } from './cache-folder.ts';
import { decodedFolder } from './decoded-folder.ts';
import { IMAGENET_STATISTICS } from './imagenet.ts';
import { labeled } from './labeled.ts';
import { picturesOnDemand } from './on-demand.ts';
import type { Images, LabeledImages, Skipped } from './picture.ts';
import { EXTENSIONS_IN_WORDS, listPictures, type PictureFile } from './picture-files.ts';

export interface ImageFolderOptions {
  /**
   * Side of the pictures in pixels: the shorter side is scaled to it, and the centre is cut out. With null they keep their own sizes and
   * are decoded when asked for, and get the preparation and the statistics of ImageNet.
   */
  readonly size: number | null;
  /** Bytes of decoded pictures that are kept in memory, where `size` is null: see `LoaderOptions`. */
  readonly cacheBytes?: number;
  /** Where squares are kept for the next time, or false for nowhere; by default the user's cache folder. */
  readonly cache?: string | false;
  /** Share of the files that may be broken, 0 to 1; by default 0.1. */
  readonly maxBroken?: number;
  /** Number of decoding threads at most; by default one for each processor, up to 4 (see `defaultWorkers`). */
  readonly workers?: number;
  /** Called after each file that was decoded or found broken. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Called with a sentence when something is not as it should be but does no harm; by default a warning of the process. */
  readonly onWarning?: (sentence: string) => void;
}

/**
 * The jpg, png and webp pictures of a folder and its sub-folders, in the order of their paths: squares that are decoded once and kept as
 * bytes, or at their own sizes, decoded when asked for. Files that are broken, no pictures at all, or squares of one single colour
 * are left out and named in `skipped`. Throws an input error for a folder that is missing, empty, or has a larger share of broken
 * files than `maxBroken`.
 */
export async function imageFolder(folder: string, options: ImageFolderOptions): Promise<Images> {
  const { images } = await readFolder(folder, options);
  return images;
}

export interface LabeledImageFolderOptions extends ImageFolderOptions {
  /** How many classes are expected; more are an error. */
  readonly classes?: number;
}

/**
 * An image folder with a sub-folder for each class: the classes are the names of the sub-folders that have pictures,
 * sorted. Pictures beside the sub-folders are left out.
 */
export async function labeledImageFolder(
  folder: string,
  options: LabeledImageFolderOptions,
): Promise<LabeledImages> {
  const { images, files } = await readFolder(folder, options, ({ file }) =>
    file.includes('/') ? undefined : 'not in the sub-folder of a class',
  );
  const classOf = (file: string) => file.slice(0, file.indexOf('/'));
  const classes = [...new Set(files.map(({ file }) => classOf(file)))].sort();
  if (options.classes !== undefined && classes.length > options.classes) {
    throw inputError(
      `${folder} has ${classes.length} classes (${listed(classes)}), expected at most ${options.classes}`,
    );
  }
  if (classes.length < 2) {
    throw inputError(
      `${folder} has pictures of the class ${classes[0]} alone, expected a sub-folder for each class`,
    );
  }
  const broken = new Set(images.skipped.map(({ file }) => file));
  const kept = files.filter(({ file }) => !broken.has(file));
  const positions = new Map(classes.map((name, i) => [name, i]));
  return labeled(
    images,
    Int32Array.from(kept, ({ file }) => positions.get(classOf(file))!),
    classes,
  );
}

async function readFolder(
  folder: string,
  options: ImageFolderOptions,
  leaveOut: (file: PictureFile) => string | undefined = () => undefined,
): Promise<{ images: Images; files: PictureFile[] }> {
  const { size, maxBroken = 0.1, workers = 1 } = options;
  if (size !== null && !(Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw inputError(`the size of pictures is a whole number of pixels from 1 to 4096, got ${size}`);
  }
  if (!(maxBroken >= 0 && maxBroken <= 1)) {
    throw inputError(`the share of broken files lies between 0 and 1, got ${maxBroken}`);
  }
  if (!Number.isInteger(workers) || workers < 1) {
    throw inputError(`the number of decoding threads is a whole number of at least 1, got ${workers}`);
  }
  const { pictures, others } = await listPictures(folder);
  if (pictures.length > 0 && pictures.every((file) => leaveOut(file) !== undefined)) {
    throw inputError(
      `${folder} has no sub-folders with pictures, expected one for each class; it holds ${listed(pictures.map(({ file }) => file))} itself`,
    );
  }
  const files = pictures.filter((file) => {
    const reason = leaveOut(file);
    if (reason !== undefined) others.push({ file: file.file, reason });
    return reason === undefined;
  });
  if (files.length === 0) {
    const instead =
      others.length > 0 ? `; it has ${count(others.length, 'other file')}: ${named(others)}` : '';
    throw inputError(`${folder} has no ${EXTENSIONS_IN_WORDS} pictures${instead}`);
  }
  const name = basename(resolve(folder));
  if (size === null) {
    const about = { ...IMAGENET_STATISTICS, name, preparation: 'imagenet', folder, others } as const;
    const fileOf = (index: number) => files[index]!.file;
    return { images: picturesOnDemand({ ...about, length: files.length, fileOf }, options), files };
  }
  const { cache = cacheFolder(), onWarning = (sentence) => process.emitWarning(sentence) } = options;
  const { pixels, about } = await decodedFolder(folder, files, { ...options, size, cache, onWarning });
  if (pixels.length === 0) {
    throw inputError(
      `none of the ${count(files.length, 'picture')} in ${folder} can be used: ${named(about.broken)}`,
    );
  }
  if (about.broken.length > maxBroken * files.length) {
    throw inputError(
      `${about.broken.length} of the ${files.length} pictures in ${folder} cannot be used, ` +
        `expected at most ${+(100 * maxBroken).toFixed(2)} %: ${named(about.broken)}`,
    );
  }
  const images: Images = {
    name,
    ...pixels,
    preparation: 'cifar',
    mean: about.mean,
    deviation: about.deviation,
    skipped: [...about.broken, ...others],
  };
  return { images, files };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The first few of a list of files with their reasons. */
function named(files: readonly Skipped[]): string {
  return listed(files.map(({ file, reason }) => `${file} (${reason})`));
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 3).join(', ');
  return items.length > 3 ? `${shown} and ${items.length - 3} more` : shown;
}
