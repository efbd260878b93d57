import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { inputError } from '@unnas/random';
import { fileError } from './file-error.ts';

/** What lies in a folder. Throws an input error where it cannot be read. @param expected said behind the reason: what should be there */
export async function folderEntries(folder: string, expected?: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const instead = expected === undefined ? '' : `; expected ${expected}`;
    throw inputError(`cannot read the folder ${folder}: ${fileError(error)}${instead}`, { cause: error });
  }
}
