import { readFile } from 'node:fs/promises';
import { inputError } from '@unnas/random';
import { fileError } from './file-error.ts';
import { NumpyArray, readNumpyPickle } from './numpy-pickle.ts';
import { latin1, type PickleValue } from './pickle-reader.ts';

/** A batch of CIFAR-10. */
export interface Cifar10Batch {
  /** Where the pictures lie: each is 1024 bytes of red, 1024 of green, 1024 of blue. */
  readonly bytes: Uint8Array;
  /** Position of the first picture, and from one to the next. */
  readonly first: number;
  readonly stride: number;
  readonly labels: readonly number[];
}

const BYTES = 3072;

/**
 * Reads a batch of the Python version of CIFAR-10, as its authors wrote it or pickled again by a newer Python, and executes nothing
 * of it. Throws an input error that names the file and what was found in place of a batch.
 */
export async function readPickledBatch(path: string): Promise<Cifar10Batch> {
  const batch = await readDict(path);
  const data = batch.get('data');
  const labels = batch.get('labels');
  if (data === undefined || labels === undefined) {
    throw inputError(
      `${path} holds a dict with ${keysOf(batch)}, expected the keys data and labels; is it CIFAR-10?`,
    );
  }
  if (
    !(data instanceof NumpyArray) ||
    data.type !== 'u1' ||
    data.shape.length !== 2 ||
    data.shape[1] !== BYTES
  ) {
    const found =
      data instanceof NumpyArray ? `an array of ${data.type} of shape [${data.shape}]` : 'no array';
    throw inputError(`${path}: data is ${found}, expected an array of u1 of shape [pictures,${BYTES}]`);
  }
  const numbers = labels instanceof NumpyArray ? integersOf(labels, path) : labels;
  if (!Array.isArray(numbers) || numbers.length !== data.shape[0]) {
    const found = Array.isArray(numbers) ? `${numbers.length} labels` : 'something that is no list of labels';
    throw inputError(`${path} has ${found} for ${data.shape[0]} pictures`);
  }
  const wrong = numbers.findIndex((label) => !Number.isInteger(label));
  if (wrong >= 0) throw inputError(`${path}: the label of picture ${wrong} is no whole number`);
  return { bytes: data.data, first: 0, stride: BYTES, labels: numbers as number[] };
}

/** The names of the classes in `batches.meta`. */
export async function readPickledNames(path: string): Promise<string[]> {
  const names = (await readDict(path)).get('label_names');
  if (!Array.isArray(names)) throw inputError(`${path} holds no label_names; is it CIFAR-10?`);
  return names.map((name) => (name instanceof Uint8Array ? latin1(name) : String(name)));
}

async function readDict(path: string): Promise<Map<string, PickleValue>> {
  const bytes = await readFile(path).catch((error) => {
    throw inputError(`cannot read ${path}: ${fileError(error)}`, { cause: error });
  });
  let value: PickleValue;
  try {
    value = readNumpyPickle(bytes);
  } catch (error) {
    throw inputError(`${path} ${(error as Error).message}; is it CIFAR-10?`, { cause: error });
  }
  if (value instanceof Map) return value;
  throw inputError(`${path} holds a pickle of something else than a dict; is it CIFAR-10?`);
}

function integersOf(array: NumpyArray, path: string): number[] {
  try {
    return array.integers();
  } catch (error) {
    throw inputError(`${path} ${(error as Error).message}`, { cause: error });
  }
}

function keysOf(dict: ReadonlyMap<string, unknown>): string {
  const keys = [...dict.keys()];
  return keys.length === 0 ? 'no keys' : `the keys ${keys.slice(0, 5).join(', ')}`;
}
