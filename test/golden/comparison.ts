import type * as tf from '@tensorflow/tfjs';
import type { Tensors } from '@unnas/nn';
import type { GoldenFile } from './golden-file.ts';

/** Groups of names that hold what the original code computed. */
const EXPECTED =
  /^(out|grad|grad_in|stat|traj|final|final_stat|grad_sample|grad_norm|final_sample|final_norm|case\d+)\//;

/** One distance between what came out and what was expected. */
export interface Distance {
  readonly name: string;
  readonly error: number;
  readonly limit: number;
}

/**
 * Compares values with those of a golden file. Every expected tensor of the file must be asked for before the end: one that is not is
 * a failure too.
 */
export class Comparison {
  readonly distances: Distance[] = [];
  readonly #file: GoldenFile;
  readonly #compared = new Set<string>();

  constructor(file: GoldenFile) {
    this.#file = file;
  }

  /** A single tensor: |a - e| / |e| in the L2 norm. */
  tensor(name: string, actual: tf.Tensor | ArrayLike<number>, limit: number): void {
    const expected = this.#expected(name);
    const { difference, norm } = distance(numbers(actual), expected);
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
    const from = start.dataSync();
    const all = this.#expected(name);
    const expected = Float64Array.from(from, (value, i) => all[step * from.length + i]! - value);
    const moved = Float64Array.from(actual.dataSync(), (value, i) => value - from[i]!);
    const { difference, norm } = distance(moved, expected);
    this.add(`${name}[${step}]`, ratio(difference, norm), limit);
  }

  /** Values of one step of a trajectory `name[step]`. */
  step(name: string, step: number, actual: tf.Tensor | ArrayLike<number>, limit: number): void {
    const values = numbers(actual);
    const expected = Array.from(this.#expected(name)).slice(step * values.length, (step + 1) * values.length);
    const { difference, norm } = distance(values, expected);
    this.add(`${name}[${step}]`, ratio(difference, norm), limit);
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
    const unseen = this.#file.names.filter((name) => EXPECTED.test(name) && !this.#compared.has(name));
    return [
      // Written so that NaN fails.
      ...this.distances.filter(({ error, limit }) => !(error <= limit)),
      ...unseen.map((name) => ({ name: `${name} (not compared)`, error: Number.NaN, limit: 0 })),
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
    this.#compared.add(name);
    return this.#file.values(name);
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
