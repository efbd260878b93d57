import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { inputError } from '@unnas/random';
import { checkDerived } from './check-derived.ts';
import { checkMetrics } from './check-metrics.ts';
import { checkCell, checkMixedOperation, checkOperation } from './check-operation.ts';
import { checkGenotypes, checkSecondOrder, checkSupernet } from './check-supernet.ts';
import { checkTransforms } from './check-transforms.ts';
import { Comparison, type Distance } from './comparison.ts';
import { type GoldenFile, readGoldenFile } from './golden-file.ts';

type Check = (file: GoldenFile, comparison: Comparison) => void;

/** The check of each kind of golden file, by the `kind` in its metadata. */
const checks: Readonly<Record<string, Check>> = {
  op: checkOperation,
  mixed_op: checkMixedOperation,
  cell: checkCell,
  supernet: checkSupernet,
  second_order: checkSecondOrder,
  genotype: checkGenotypes,
  derived: checkDerived,
  transforms: checkTransforms,
  metrics: checkMetrics,
};

/** What came out for one file. */
export interface Verdict {
  /** Relative to the folder. */
  readonly file: string;
  readonly passed: boolean;
  /** The distance that came closest to its limit; undefined where the check could not run. */
  readonly worst?: Distance;
  readonly failures: readonly string[];
}

/**
 * Checks every golden file below a folder on the current backend, one after another in the order of their names.
 *
 * @throws InputError if the folder is missing or holds no golden file
 */
export function* checkFolder(folder: string): Generator<Verdict> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw inputError(`expected a folder of golden files, but there is no folder ${folder}`);
  }
  let count = 0;
  for (const path of candidateFiles(folder)) {
    const verdict = checkFile(relative(folder, path), path);
    if (!verdict) continue;
    count++;
    yield verdict;
  }
  if (count === 0)
    throw inputError(`expected golden files (unnas-golden-1) in the folder ${folder}, but it has none`);
}

/** All .safetensors files, and the .json files that do not lie beside one of the same name. */
function candidateFiles(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  const all = new Set(paths);
  return paths
    .filter(
      (path) =>
        path.endsWith('.safetensors') ||
        (path.endsWith('.json') && !all.has(path.replace(/\.json$/, '.safetensors'))),
    )
    .sort();
}

/** `undefined` for a file that is something else. */
function checkFile(name: string, path: string): Verdict | undefined {
  let comparison: Comparison | undefined;
  const failures: string[] = [];
  try {
    const file = readGoldenFile(path);
    if (!file) return undefined;
    const { kind } = file.meta;
    const check = Object.hasOwn(checks, kind) ? checks[kind] : undefined;
    if (!check) throw new RangeError(`there is no check for the kind ${kind}`);
    const compare = new Comparison(file);
    comparison = compare;
    withoutVariables(() => tf.tidy(() => check(file, compare)));
  } catch (error) {
    failures.push(sentence(error));
  }
  // What was not compared is no news where the check could not run to its end.
  const distances = comparison
    ?.failures()
    .filter(({ error }) => failures.length === 0 || !Number.isNaN(error));
  failures.push(
    ...(distances ?? []).map(({ name, error, limit }) => `${name}: ${error.toExponential(1)} > ${limit}`),
  );
  const worst = comparison?.worst();
  return { file: name, passed: failures.length === 0, failures, ...(worst && { worst }) };
}

/** Disposes of the variables that `check` makes. */
function withoutVariables(check: () => void): void {
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  try {
    check();
  } finally {
    for (const [id, variable] of Object.entries(tf.engine().registeredVariables)) {
      if (!before.has(id)) variable.dispose();
    }
  }
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SyntaxError) return `this is no JSON: ${error.message}`;
  // A member of the metadata that the check needs is missing, or of another type.
  if (error instanceof TypeError) return `the metadata do not fit the check of this kind: ${error.message}`;
  return error.message;
}
