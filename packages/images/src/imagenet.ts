import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { inputError } from '@unnas/random';
import { folderEntries } from './folder-entries.ts';
import { labeled } from './labeled.ts';
import { type OnDemandOptions, picturesOnDemand } from './on-demand.ts';
import type { LabeledImages, Skipped, Statistics } from './picture.ts';
import { EXTENSIONS, EXTENSIONS_IN_WORDS } from './picture-files.ts';

/** The constants of the official code for ImageNet, ImageNet-22K and Cityscapes, here in the order red, green, blue. */
export const IMAGENET_STATISTICS: Statistics = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** A class of ImageNet: `n` and the number of a set of synonyms in WordNet. */
const CLASS = /^n\d+$/;

export interface ImageNetOptions extends OnDemandOptions {
  /** Which sub-folder of `folder` to read, `train` by default. */
  readonly part?: 'train' | 'val';
}

/**
 * ImageNet-1K, or a part of it, in its usual layout: `{train,val}/n########/*.JPEG`. `folder` holds `train` and `val`, or the folders
 * of the classes themselves. The class of a picture is the position of its folder among the sorted names of those that are `n`
 * and digits, its files are sorted by name: numbers that do not depend on the file system.
 *
 * Pictures keep their own sizes and are decoded when asked for (see `OnDemandOptions`); what is named like a picture is taken for one
 * until then. Throws an input error for a folder in another layout.
 */
export async function imageNet(folder: string, options: ImageNetOptions = {}): Promise<LabeledImages> {
  const { part = 'train' } = options;
  const { at, classes } = await classFolders(folder, part);
  const files: string[][] = [];
  const others: Skipped[] = [];
  // A few folders at a time: they may lie on a disk far away.
  for (let i = 0; i < classes.length; i += 16) {
    const some = classes.slice(i, i + 16);
    const read = await Promise.all(some.map((name) => folderEntries(join(at, name))));
    for (const [k, entries] of read.entries()) files.push(pictureNames(some[k]!, entries, others));
  }
  const length = files.reduce((sum, names) => sum + names.length, 0);
  if (length === 0) {
    throw inputError(`the folders of classes in ${at} hold no ${EXTENSIONS_IN_WORDS} pictures`);
  }
  const labels = new Int32Array(length);
  const firsts: number[] = [];
  let next = 0;
  for (const [label, names] of files.entries()) {
    firsts.push(next);
    labels.fill(label, next, (next += names.length));
  }
  const fileOf = (index: number) => {
    const label = labels[index]!;
    return `${classes[label]}/${files[label]![index - firsts[label]!]}`;
  };
  const name = `ImageNet ${part}`;
  const about = { ...IMAGENET_STATISTICS, name, preparation: 'imagenet', folder: at } as const;
  return labeled(picturesOnDemand({ ...about, length, fileOf, others }, options), labels, classes);
}

/** Whether a folder has sub-folders named like classes of ImageNet. */
export async function holdsImageNetClasses(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.some(isClassFolder);
}

async function classFolders(folder: string, part: string): Promise<{ at: string; classes: string[] }> {
  for (const at of [join(folder, part), folder]) {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => [] as Dirent[]);
    const classes = entries.filter(isClassFolder).map(({ name }) => name);
    if (classes.length > 0) return { at, classes: classes.sort() };
    if (entries.some(({ name }) => EXTENSIONS.has(extname(name).toLowerCase()))) {
      throw inputError(
        `${at} holds pictures beside no folders of classes, expected ${LAYOUT}: sort its pictures into such folders first`,
      );
    }
  }
  const entries = await folderEntries(folder);
  const held = entries.slice(0, 3).map(({ name }) => name);
  throw inputError(
    `${folder} has no ImageNet in it, expected ${LAYOUT}; it holds ${held.length === 0 ? 'nothing' : held.join(', ')}`,
  );
}

const LAYOUT = 'train/n########/*.JPEG and val/n########/*.JPEG';

function isClassFolder(entry: Dirent): boolean {
  return CLASS.test(entry.name) && (entry.isDirectory() || entry.isSymbolicLink());
}

/** The sorted names of the files that may be pictures; the others are added to `others`, but for hidden ones. */
function pictureNames(folder: string, entries: readonly Dirent[], others: Skipped[]): string[] {
  const names: string[] = [];
  for (const entry of entries) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    const picture = EXTENSIONS.has(extname(name).toLowerCase());
    if (picture && (entry.isFile() || entry.isSymbolicLink())) names.push(name);
    else others.push({ file: `${folder}/${name}`, reason: `not a ${EXTENSIONS_IN_WORDS} file` });
  }
  return names.sort();
}
