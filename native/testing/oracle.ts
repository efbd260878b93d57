import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { setThreads } from '../addon.ts';
import { BufferPool } from '../buffer-pool.ts';
import { registerNativeBackend } from '../registration.ts';

export interface Result {
  readonly shape: number[];
  readonly values: Float32Array;
}

// A kernel must write every element of its outputs, whatever they held: in these tests they hold NaN, or nonsense.
const { take } = BufferPool.prototype;
BufferPool.prototype.take = function (type, length) {
  return take.call(this, type, length).fill(type === 'float32' ? Number.NaN : 113);
};

/** Makes `native` the backend of the test; every test of a kernel starts with it. */
export async function useNative(): Promise<void> {
  expect(await registerNativeBackend()).toBe(true);
}

async function on(backend: string, f: () => tf.Tensor[]): Promise<Result[]> {
  await tf.setBackend(backend);
  const results = tf.tidy(f as () => tf.Tensor[]).map((tensor) => {
    const values = Float32Array.from(tensor.dataSync());
    tensor.dispose();
    return { shape: tensor.shape, values };
  });
  await tf.setBackend('native');
  return results;
}

/** What stock tfjs says. */
export const stock = (f: () => tf.Tensor[]): Promise<Result[]> => on('cpu', f);

/** What the native kernels say, which is the same bits with one thread, with two and with more threads than cores. */
export async function native(f: () => tf.Tensor[]): Promise<Result[]> {
  const runs: Result[][] = [];
  for (const threads of [1, 2, 5]) {
    setThreads(threads);
    runs.push(await on('native', f));
  }
  setThreads(0);
  for (const [i, { values }] of runs[0]!.entries()) {
    const different = runs.filter((other) => !bytes(other[i]!.values).equals(bytes(values)));
    expect(different.length, `output ${i} depends on the number of threads`).toBe(0);
  }
  return runs[0]!;
}

const bytes = (values: Float32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Equal shapes, equal NaN and infinities, and everywhere within `tolerance` of the largest value of the expected tensor. */
export function expectClose(actual: Result[], expected: Result[], tolerance: number): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [i, { values }] of expected.entries()) {
    const scale = values.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);
    const got = actual[i]!.values;
    const wrong = values.findIndex((want, j) =>
      Number.isFinite(want) ? !(Math.abs(got[j]! - want) <= tolerance * scale) : !Object.is(got[j], want),
    );
    expect(
      wrong,
      `output ${i}, element ${wrong}: expected ${values[wrong]}, got ${got[wrong]} (largest is ${scale})`,
    ).toBe(-1);
  }
}

/** Calls a kernel whose inputs are a list, as `@unnas/nn` does. */
export function kernel(name: string, inputs: readonly tf.Tensor[], attrs: object = {}): tf.Tensor[] {
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs as never, attrs as never);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Normal numbers, the same for the same seed. */
export const normal = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

/** How many cases a property is tried on: fewer where the same tests run once more, for another instruction set. */
export const runs = (count: number): number => (process.env.UNNAS_ISA ? Math.ceil(count / 4) : count);
