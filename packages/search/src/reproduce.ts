import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalGenotypes, type Genotype } from '@unnas/genotype';
import type { Picture } from '@unnas/images';
import type { StoredTensor } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { algorithmOf } from './algorithms.ts';
import { decodeCheckpoint } from './checkpoint.ts';
import {
  checkSameData,
  checkSameTask,
  describeData,
  describeTask,
  differencesOf,
  runConfig,
} from './run-config.ts';
import { checkpointPath, readCheckpointFile, readConfig, readRecords } from './run-folder.ts';
import { type ResumeOptions, searchUntil } from './search.ts';

/** How a run compares with itself, done again. */
export interface Reproduction {
  /** Whether everything below is equal. */
  readonly equal: boolean;
  /** Whether all alphas have the same bits; true for an algorithm without alphas. */
  readonly alphas: boolean;
  /** Whether all weights, running statistics and optimisers have the same bits. */
  readonly weights: boolean;
  readonly genotype: boolean;
  /** Tensors with other bits, and the largest distance of two of their values. */
  readonly differing: readonly { readonly name: string; readonly distance: number }[];
  /** What is not as it was when the run was made and may change its last bits, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Does a run again from its start to where its last checkpoint is, in a temporary folder that is removed in the end, and
 * compares the two bit for bit. Returns undefined where `signal` stopped it.
 */
export async function reproduce<P extends Picture>(
  folder: string,
  options: Pick<ResumeOptions<P>, 'images' | 'task' | 'environment' | 'signal' | 'onProgress'>,
): Promise<Reproduction | undefined> {
  const { images, task } = options;
  const config = readConfig(folder);
  checkSameTask(config, describeTask(task), folder);
  checkSameData(config, await describeData(images), folder);
  const bytes = readCheckpointFile(folder);
  if (bytes === undefined) throw inputError(`${folder} has no checkpoint yet to compare with`);
  const before = decodeCheckpoint(bytes, checkpointPath(folder));
  const { scored, stopAfterSkips, ...settings } = config.settings;

  const parent = mkdtempSync(join(tmpdir(), 'unnas-repro-'));
  const again = join(parent, 'run');
  try {
    const run = searchUntil(
      {
        ...options,
        ...settings,
        scored,
        stopAfterSkips,
        space: config.space,
        algorithm: algorithmOf(config.algorithm),
        folder: again,
      },
      before.position.unit,
    );
    for await (const _ of run) {
      // The records are read from both folders below.
    }
    if (options.signal?.aborted) return undefined;
    const after = decodeCheckpoint(readCheckpointFile(again)!, checkpointPath(again));
    const now = runConfig({ ...config, environment: options.environment ?? {} });
    return compare(
      { tensors: before.tensors, genotype: lastGenotype(folder) },
      { tensors: after.tensors, genotype: lastGenotype(again) },
      differencesOf(config, now),
    );
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

interface Result {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of the last epoch; undefined if none has ended. */
  readonly genotype: Genotype | undefined;
}

function lastGenotype(folder: string): Genotype | undefined {
  return readRecords(folder).at(-1)?.genotype;
}

function compare(before: Result, after: Result, notes: readonly string[]): Reproduction {
  const names = new Set([...before.tensors.keys(), ...after.tensors.keys()]);
  const differing = [...names].flatMap((name) => {
    const [a, b] = [before.tensors.get(name), after.tensors.get(name)];
    return a !== undefined && b !== undefined && sameBits(a, b) ? [] : [{ name, distance: distanceOf(a, b) }];
  });
  const alphas = !differing.some(({ name }) => name.startsWith('alphas/'));
  const weights = !differing.some(({ name }) => !name.startsWith('alphas/'));
  const genotype =
    before.genotype === undefined || after.genotype === undefined
      ? before.genotype === after.genotype
      : equalGenotypes(before.genotype, after.genotype);
  return { equal: alphas && weights && genotype, alphas, weights, genotype, differing, notes };
}

function sameBits(a: StoredTensor, b: StoredTensor): boolean {
  const bytes = ({ data }: StoredTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return a.dtype === b.dtype && `${a.shape}` === `${b.shape}` && bytes(a).equals(bytes(b));
}

/** Largest distance of two values at the same place; infinite where the shapes differ. */
function distanceOf(a: StoredTensor | undefined, b: StoredTensor | undefined): number {
  if (a === undefined || b === undefined || a.data.length !== b.data.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    largest = Math.max(largest, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  }
  return largest;
}
