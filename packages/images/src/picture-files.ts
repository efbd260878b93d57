import { realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { inputError } from '@unnas/random';
import { fileError } from './file-error.ts';
import { folderEntries } from './folder-entries.ts';
import type { Skipped } from './picture.ts';

/** A file that its name takes for a picture. */
export interface PictureFile {
  /** Path below the folder, with `/` between its parts. */
  readonly file: string;
  readonly bytes: bigint;
  /** Time of the last change, in nanoseconds. */
  readonly changed: bigint;
}

export const EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp']);
export const EXTENSIONS_IN_WORDS = '.jpg, .jpeg, .png or .webp';

/**
 * Lists the pictures of a folder and its sub-folders, sorted by path. Hidden files (`.name`) are passed over; other
 * files that cannot be pictures are named in `others`. Links are followed; a folder that is reached twice, as by links in
 * a circle, is read once.
 */
export async function listPictures(folder: string): Promise<{ pictures: PictureFile[]; others: Skipped[] }> {
  const found = await stat(folder).catch((error) => {
    const missing = error.code === 'ENOENT';
    throw inputError(missing ? `there is no folder ${folder}` : `cannot read ${folder}: ${fileError(error)}`);
  });
  if (!found.isDirectory()) throw inputError(`expected a folder of pictures, got the file ${folder}`);
  const pictures: PictureFile[] = [];
  const others: Skipped[] = [];
  const seen = new Set<string>();

  async function visit(below: string): Promise<void> {
    const real = await realpath(join(folder, below));
    if (seen.has(real)) return;
    seen.add(real);
    const entries = await folderEntries(join(folder, below));
    const visible = entries.filter(({ name }) => !name.startsWith('.')).map((entry) => entry.name);
    const stats = await Promise.all(
      visible.map((name) =>
        stat(join(folder, below, name), { bigint: true }).catch((error: unknown) => error),
      ),
    );
    const folders: string[] = [];
    for (const [i, name] of visible.entries()) {
      const file = below === '' ? name : `${below}/${name}`;
      const what = stats[i] as Awaited<ReturnType<typeof bigStat>> | NodeJS.ErrnoException;
      if ('code' in what || what instanceof Error) others.push({ file, reason: fileError(what) });
      else if (what.isDirectory()) folders.push(file);
      else if (!what.isFile()) others.push({ file, reason: 'not a regular file' });
      else if (!EXTENSIONS.has(extname(name).toLowerCase())) {
        others.push({ file, reason: `not a ${EXTENSIONS_IN_WORDS} file` });
      } else pictures.push({ file, bytes: what.size, changed: what.mtimeNs });
    }
    for (const file of folders.sort()) await visit(file);
  }

  await visit('');
  return { pictures: pictures.sort(byPath), others: others.sort(byPath) };
}

const bigStat = (path: string) => stat(path, { bigint: true });

/** By code units, the same on every machine and in every language. */
function byPath(a: { file: string }, b: { file: string }): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}
