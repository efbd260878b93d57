import type * as tf from '@tensorflow/tfjs';
import type { Tensors } from '@unnas/nn';
import type { GoldenFile } from './golden-file.ts';

/** Groups of names that hold what is given; all others hold what the original code computed. */
const GIVEN = /(^|\/)(in|param|eval_stat|stat_before|img|lab)\//;

/** One distance between what came out and what was expected. */
export interface Distance {
  readonly name: string;
  readonly error: number;
  readonly limit: number;
}

/**
 * Compares values with those of a golden file, as far as the file has them. Every expected value of the file must be asked for
 * before the end: one that is not is a failure too.
 */
export class Comparison {
  readonly distances: Distance[] = [];
  readonly #file: GoldenFile;
  /** How many values of each tensor were compared. */
  readonly #compared = new Map<string, number>();

  constructor(file: GoldenFile) {
    this.#file = file;
  }

  /** A single tensor: |a - e| / |e| in the L2 norm. */
  tensor(name: string, actual: tf.Tensor | ArrayLike<number>, limit: number): void {
    if (!this.#file.has(name)) return;
    const { difference, norm } = distance(numbers(actual), this.#expected(name));
    this.add(name, ratio(difference, norm), limit);
  }

  /**
   * A group of tensors `prefix/NAME`: the distance of the whole, and of each tensor, where a tensor that is nearly zero is measured
   * against a thousandth of the whole.
   */
  group(prefix: string, actual: Tensors, limits: { readonly whole: number; readonly each: number }): void {
    const parts = this.#file.namesOf(prefix).map((name) => {
      const tensor = actual[name];
      if (!tensor) throw new RangeError(`${prefix}/${name} is expected, but there is none`);
      return { name, ...distance(numbers(tensor), this.#expected(`${prefix}/${name}`)) };
    });
    if (parts.length === 0) return;
    const whole = Math.hypot(...parts.map(({ norm }) => norm));
    this.add(
      `${prefix} as a whole`,
      ratio(Math.hypot(...parts.map((p) => p.difference)), whole),
      limits.whole,
    );
    for (const { name, difference, norm } of parts) {
      this.add(`${prefix}/${name}`, ratio(difference, Math.max(norm, 1e-3 * whole)), limits.each);
    }
  }

  /**
   * Values of one step of a trajectory `name[step]`, where what counts is the change since the start: (a - start) against
   * (e - start).
   */
  change(name: string, step: number, actual: tf.Tensor, start: tf.Tensor, limit: number): void {
    if (!this.#file.has(name)) return;
    const from = start.dataSync();
    const all = this.#expectedOf(name, step, from.length);
    const expected = Float64Array.from(from, (value, i) => all[i]! - value);
    const moved = Float64Array.from(actual.dataSync(), (value, i) => value - from[i]!);
    const { difference, norm } = distance(moved, expected);
    this.add(`${name}[${step}]`, ratio(difference, norm), limit);
  }

  /** Values of one step of a trajectory `name[step]`. */
  step(name: string, step: number, actual: tf.Tensor | ArrayLike<number>, limit: number): void {
    if (!this.#file.has(name)) return;
    const values = numbers(actual);
    const { difference, norm } = distance(values, this.#expectedOf(name, step, values.length));
    this.add(`${name}[${step}]`, ratio(difference, norm), limit);
  }

  /** A number of the metadata. */
  near(name: string, actual: number, expected: number, limit: number): void {
    this.add(name, ratio(Math.abs(actual - expected), Math.abs(expected)), limit);
  }

  /** Something that is right or wrong, such as a genotype. */
  equal(name: string, same: boolean): void {
    this.add(name, same ? 0 : Number.POSITIVE_INFINITY, 0);
  }

  add(name: string, error: number, limit: number): void {
    this.distances.push({ name, error, limit });
  }

  /** What is further away than it may be, the expected tensors that nobody looked at included. */
  failures(): Distance[] {
    const unseen = this.#file.names.flatMap((name) => {
      if (GIVEN.test(name)) return [];
      const compared = this.#compared.get(name) ?? 0;
      const all = this.#file.values(name).length;
      if (compared === all && all > 0) return [];
      return compared === 0 ? `${name} (not compared)` : `${name} (${compared} of ${all} values compared)`;
    });
    if (this.distances.length === 0 && unseen.length === 0) unseen.push('(there is nothing to compare)');
    return [
      // Written so that NaN fails.
      ...this.distances.filter(({ error, limit }) => !(error <= limit)),
      ...unseen.map((name) => ({ name, error: Number.NaN, limit: 0 })),
    ];
  }

  /** The distance that comes closest to its limit. */
  worst(): Distance | undefined {
    const share = ({ error, limit }: Distance) => (error === 0 ? 0 : error / limit);
    return this.distances.reduce<Distance | undefined>(
      (worst, next) => (worst && share(worst) >= share(next) ? worst : next),
      undefined,
    );
  }

  #expected(name: string): ArrayLike<number> {
    const values = this.#file.values(name);
    this.#compared.set(name, values.length);
    return values;
  }

  /** The values of one step; the steps are asked for in turn. */
  #expectedOf(name: string, step: number, length: number): ArrayLike<number> {
    const values = Array.from(this.#file.values(name)).slice(step * length, (step + 1) * length);
    this.#compared.set(name, (this.#compared.get(name) ?? 0) + values.length);
    return values;
  }
}

function numbers(values: tf.Tensor | ArrayLike<number>): ArrayLike<number> {
  return 'dataSync' in values ? values.dataSync() : values;
}

function distance(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { difference: number; norm: number } {
  if (actual.length !== expected.length) {
    throw new RangeError(`expected ${expected.length} values, got ${actual.length}`);
  }
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return { difference: Math.sqrt(difference), norm: Math.sqrt(norm) };
}

/** A distance from true zeros is right only if it is none. */
function ratio(difference: number, norm: number): number {
  return difference === 0 ? 0 : difference / norm;
}
