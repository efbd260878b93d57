import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '@unnas/random';
import { fileError } from './file-error.ts';
import { labeled } from './labeled.ts';
import type { LabeledImages, Statistics } from './picture.ts';
import { pixelsInMemory } from './pixels.ts';

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

export const CIFAR10_TRAIN_FILES = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
export const CIFAR10_TEST_FILE = 'test_batch.bin';

const SIZE = 32;
const PLANE = SIZE * SIZE;
const RECORD = 1 + 3 * PLANE;
const RECORDS = 10_000;

/** Bytes of each of the six files. */
export const CIFAR10_FILE_BYTES = RECORDS * RECORD;

/**
 * Reads CIFAR-10 from the six files of its binary version, which `folder` or its sub-folder cifar-10-batches-bin holds.
 * All 60,000 pictures stay in memory (184 MB). Throws an input error that names what is missing or damaged.
 */
export async function cifar10(folder: string): Promise<{ train: LabeledImages; test: LabeledImages }> {
  const at = await locate(folder);
  const [train, test] = await Promise.all([
    readSet('CIFAR-10 train', at, CIFAR10_TRAIN_FILES),
    readSet('CIFAR-10 test', at, [CIFAR10_TEST_FILE]),
  ]);
  return { train, test };
}

/** The folder of the six files, which are all there and of the right length. */
async function locate(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw inputError(`there is no folder ${folder}; ${HOW_TO_GET}`);
  if (!found.isDirectory()) throw inputError(`${folder} is not a folder; ${HOW_TO_GET}`);
  for (const at of [folder, join(folder, 'cifar-10-batches-bin')]) {
    const files = await Promise.all(FILES.map((file) => stat(join(at, file)).catch(() => undefined)));
    const missing = FILES.filter((_, i) => !files[i]?.isFile());
    if (missing.length === FILES.length) continue;
    if (missing.length > 0) {
      throw inputError(`CIFAR-10 in ${at} is not complete: ${missing.join(', ')} missing; ${HOW_TO_GET}`);
    }
    for (const [i, file] of FILES.entries()) checkLength(join(at, file), files[i]!.size);
    return at;
  }
  const pickled = await stat(join(folder, 'data_batch_1')).catch(() => undefined);
  if (pickled) {
    throw inputError(
      `${folder} holds the Python version of CIFAR-10, expected the binary version; ${HOW_TO_GET}`,
    );
  }
  throw inputError(`${folder} holds no CIFAR-10; ${HOW_TO_GET}`);
}

function checkLength(path: string, bytes: number): void {
  if (bytes === CIFAR10_FILE_BYTES) return;
  const what = bytes < CIFAR10_FILE_BYTES ? 'truncated' : 'too long';
  throw inputError(`${path} is ${what}: expected ${CIFAR10_FILE_BYTES} bytes, found ${bytes}`);
}

const FILES = [...CIFAR10_TRAIN_FILES, CIFAR10_TEST_FILE];
const HOW_TO_GET =
  `expected are the files ${FILES[0]} to ${FILES[4]} and ${CIFAR10_TEST_FILE} ` +
  'of the binary version: unpack cifar-10-binary.tar.gz there, or let fetchCifar10() get them';

async function readSet(name: string, folder: string, files: readonly string[]): Promise<LabeledImages> {
  const data = new Uint8Array(files.length * RECORDS * 3 * PLANE);
  const labels = new Int32Array(files.length * RECORDS);
  const bytes = new Uint8Array(CIFAR10_FILE_BYTES);
  for (const [i, file] of files.entries()) {
    await readWhole(join(folder, file), bytes);
    for (let record = 0, picture = i * RECORDS; record < RECORDS; record++, picture++) {
      const at = record * RECORD;
      labels[picture] = bytes[at]!;
      if (bytes[at]! >= CIFAR10_CLASSES.length) {
        throw inputError(
          `${join(folder, file)}: the label of picture ${record} is ${bytes[at]}, expected 0 to 9; is it CIFAR-10?`,
        );
      }
      interleave(bytes, at + 1, data, picture * 3 * PLANE);
    }
  }
  const pixels = pixelsInMemory(data, SIZE);
  return labeled(
    { ...CIFAR10_STATISTICS, ...pixels, name, preparation: 'cifar', skipped: [] },
    labels,
    CIFAR10_CLASSES,
  );
}

async function readWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r').catch((error) => {
    throw inputError(`cannot read ${path}: ${fileError(error)}`, { cause: error });
  });
  try {
    let done = 0;
    for (let read = 1; read > 0 && done < bytes.length; done += read) {
      read = (await file.read(bytes, done, bytes.length - done, done)).bytesRead;
    }
    checkLength(path, done);
  } finally {
    await file.close();
  }
}

/** Three planes of 32x32 bytes become pixels of red, green, blue. */
function interleave(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let i = from; i < from + PLANE; i++, to += 3) {
    pixels[to] = planes[i]!;
    pixels[to + 1] = planes[i + PLANE]!;
    pixels[to + 2] = planes[i + 2 * PLANE]!;
  }
}
