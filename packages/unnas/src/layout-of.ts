import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { holdsImageNetClasses, imageNet22kList, looksLikeCifar10 } from '@unnas/images';
import type { DataSetName } from './data-layouts.ts';

/** In which layout the pictures of a folder lie there; `folder` is one of the user's own. Looks at names, not into files. */
export async function layoutOf(folder: string, list: string | null): Promise<DataSetName | 'folder'> {
  if (looksLikeCifar10(folder)) return 'cifar10';
  if (existsSync(join(folder, 'leftImg8bit'))) return 'cityscapes';
  if (list !== null) return 'imagenet22k';
  if (await holdsImageNetClasses(join(folder, 'train'))) return 'imagenet';
  if (await holdsImageNetClasses(folder)) {
    return imageNet22kList(folder) === undefined ? 'imagenet' : 'imagenet22k';
  }
  return 'folder';
}
