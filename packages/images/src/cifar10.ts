import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '@unnas/random';
import { type Cifar10Batch, readPickledBatch, readPickledNames } from './cifar10-pickle.ts';
import { fileError } from './file-error.ts';
import { labeled } from './labeled.ts';
import type { Images, LabeledImages, Statistics } from './picture.ts';
import { pixels } from './pixels.ts';

export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** The constants of the official code, of the 50,000 training pictures. */
export const CIFAR10_STATISTICS: Statistics = {
  mean: [125.3 / 255, 123.0 / 255, 113.9 / 255],
  deviation: [63.0 / 255, 62.1 / 255, 66.7 / 255],
};

const TRAIN_FILES = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
const TEST_FILE = 'test_batch.bin';

const SIZE = 32;
const PLANE = SIZE * SIZE;
const RECORD = 1 + 3 * PLANE;
const RECORDS = 10_000;

/** Bytes of each of the six files. */
export const CIFAR10_FILE_BYTES = RECORDS * RECORD;

/**
 * Reads CIFAR-10 from the files of its binary version, or from those of its Python version, which it reads without executing
 * anything; `folder` holds them, or its sub-folder cifar-10-batches-bin or cifar-10-batches-py. All 60,000 pictures stay in memory
 * (184 MB). Throws an input error that names what is missing or damaged.
 */
export async function cifar10(folder: string): Promise<{ train: LabeledImages; test: LabeledImages }> {
  const { at, version } = await locate(folder);
  const files = version.files.map((file) => join(at, file));
  if (version === PYTHON) await checkNames(join(at, NAMES_FILE));
  const [train, test] = await Promise.all([
    readSet('CIFAR-10 train', files.slice(0, -1), version),
    readSet('CIFAR-10 test', files.slice(-1), version),
  ]);
  return { train, test };
}

interface Version {
  readonly name: string;
  /** The batches of the training set, then that of the test set. */
  readonly files: readonly string[];
  readonly subfolder: string;
  readonly read: (path: string) => Promise<Cifar10Batch>;
}

const BINARY: Version = {
  name: 'binary',
  files: [...TRAIN_FILES, TEST_FILE],
  subfolder: 'cifar-10-batches-bin',
  read: readBinaryBatch,
};

const PYTHON: Version = {
  name: 'Python',
  files: BINARY.files.map((file) => file.replace('.bin', '')),
  subfolder: 'cifar-10-batches-py',
  read: readPickledBatch,
};

/** Names of the classes, in the Python version. */
const NAMES_FILE = 'batches.meta';

/** Whether `cifar10` would look for CIFAR-10 here: a folder with at least one of its files, or with the sub-folder of a version. */
export function looksLikeCifar10(folder: string): boolean {
  return [BINARY, PYTHON].some(({ files, subfolder }) =>
    [...files, subfolder].some((name) => existsSync(join(folder, name))),
  );
}

/** The folder of the six files, which are all there, and their version. */
async function locate(folder: string): Promise<{ at: string; version: Version }> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw inputError(`there is no folder ${folder}; ${HOW_TO_GET}`);
  if (!found.isDirectory()) throw inputError(`${folder} is not a folder; ${HOW_TO_GET}`);
  let problem = `${folder} holds no CIFAR-10`;
  for (const version of [BINARY, PYTHON]) {
    for (const at of [folder, join(folder, version.subfolder)]) {
      const found = await Promise.all(version.files.map((file) => isFile(join(at, file))));
      const missing = version.files.filter((_, i) => !found[i]);
      if (missing.length === 0) return { at, version };
      if (missing.length === version.files.length) continue;
      problem = `CIFAR-10 in ${at} is not complete (${version.name} version): ${missing.join(', ')} missing`;
    }
  }
  throw inputError(`${problem}; ${HOW_TO_GET}`);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

const HOW_TO_GET =
  `expected are the files ${TRAIN_FILES[0]} to ${TRAIN_FILES[4]} and ${TEST_FILE} ` +
  'of the binary version, or the same without .bin of the Python version: unpack cifar-10-binary.tar.gz or ' +
  'cifar-10-python.tar.gz there, or let fetchCifar10() get them';

/** Other data sets come in files of the same form. */
async function checkNames(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const names = await readPickledNames(path);
  if (names.join() !== CIFAR10_CLASSES.join()) {
    throw inputError(`${path} names the classes ${names.join(', ')}: that is not CIFAR-10`);
  }
}

async function readSet(name: string, files: readonly string[], { read }: Version): Promise<LabeledImages> {
  // A view for each picture, of one piece of memory for each batch: a single piece would be in memory twice for a while.
  const pictures: Uint8Array[] = [];
  const labels: number[] = [];
  for (const path of files) {
    const batch = await read(path);
    const wrong = batch.labels.findIndex((label) => !(label >= 0 && label < CIFAR10_CLASSES.length));
    if (wrong >= 0) {
      throw inputError(
        `${path}: the label of picture ${wrong} is ${batch.labels[wrong]}, expected 0 to 9; is it CIFAR-10?`,
      );
    }
    const all = interleaved(batch);
    for (const [i, label] of batch.labels.entries()) {
      labels.push(label);
      pictures.push(all.subarray(i * 3 * PLANE, (i + 1) * 3 * PLANE));
    }
  }
  const images: Images = {
    ...CIFAR10_STATISTICS,
    ...pixels(pictures.length, SIZE, (index) => pictures[index]!),
    name,
    preparation: 'cifar',
    skipped: [],
  };
  return labeled(images, Int32Array.from(labels), CIFAR10_CLASSES);
}

async function readBinaryBatch(path: string): Promise<Cifar10Batch> {
  const bytes = await readFile(path).catch((error) => {
    throw inputError(`cannot read ${path}: ${fileError(error)}`, { cause: error });
  });
  if (bytes.length !== CIFAR10_FILE_BYTES) {
    const what = bytes.length < CIFAR10_FILE_BYTES ? 'truncated' : 'too long';
    throw inputError(`${path} is ${what}: expected ${CIFAR10_FILE_BYTES} bytes, found ${bytes.length}`);
  }
  const labels = Array.from({ length: RECORDS }, (_, record) => bytes[record * RECORD]!);
  return { bytes, first: 1, stride: RECORD, labels };
}

/** Three planes of 32x32 bytes a picture become pixels of red, green, blue. */
function interleaved({ bytes, first, stride, labels }: Cifar10Batch): Uint8Array {
  const pixels = new Uint8Array(labels.length * 3 * PLANE);
  for (let picture = 0, to = 0; picture < labels.length; picture++) {
    const from = first + picture * stride;
    for (let i = from; i < from + PLANE; i++, to += 3) {
      pixels[to] = bytes[i]!;
      pixels[to + 1] = bytes[i + PLANE]!;
      pixels[to + 2] = bytes[i + 2 * PLANE]!;
    }
  }
  return pixels;
}
