import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

const cases = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 0, maxLength: 5 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc.subarray(shape.map((_, i) => i)),
    keepDims: fc.boolean(),
  }),
);

/** Sums along axes in doubles, in the order of the rows: normal numbers may cancel out, and sums in float are then off by much. */
function doubleSums(x: ArrayLike<number>, shape: readonly number[], axes: readonly number[]): Float64Array {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const sums = new Float64Array(kept.reduce((product, size) => product * size, 1));
  for (let i = 0; i < x.length; i++) {
    let rest = i;
    let at = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (!axes.includes(axis)) at += (rest % shape[axis]!) * stride;
      stride *= kept[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    sums[at]! += x[i]!;
  }
  return sums;
}

describe('sum and mean', () => {
  beforeAll(useNative);

  it('have the shapes of stock tfjs along any axes, and the values of sums in doubles', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axes, keepDims }) => {
        const f = () => {
          const x = normal(shape as [number], 1);
          return [tf.sum(x, axes, keepDims), tf.mean(x, axes, keepDims)];
        };
        const sums = doubleSums(normal(shape as [number], 1).dataSync(), shape, axes);
        const terms = axes.reduce((product, axis) => product * shape[axis]!, 1);
        const values = [sums, sums.map((sum) => sum / terms)].map((list) => Float32Array.from(list));
        const shapes = (await stock(f)).map(({ shape }) => shape);
        expectClose(
          await native(f),
          shapes.map((shape, i) => ({ shape, values: values[i]! })),
          1e-6,
        );
      }),
      { numRuns: runs(80), examples: [[{ shape: [7, 5, 7], axes: [0, 1, 2], keepDims: false }]] },
    );
  });

  it('are the same cut into pieces: all elements, columns, the middle, wide rows', async () => {
    const f = () => [
      tf.sum(normal<tf.Rank.R1>([200_003], 1)),
      tf.sum(normal<tf.Rank.R2>([20_001, 5], 1), 0),
      tf.mean(normal<tf.Rank.R3>([3, 4001, 20], 1), 1),
      tf.sum(normal<tf.Rank.R2>([33, 2500], 1), 0),
      tf.sum(normal<tf.Rank.R2>([9001, 9], 1), 1),
    ];
    expectClose(await native(f), await stock(f), 1e-6);
  });

  it('add in double', async () => {
    const [total] = await native(() => [tf.sum(tf.fill([1 << 20], 0.1))]);
    expect(total!.values[0]).toBe(Math.fround(Math.fround(0.1) * 2 ** 20));
  });

  it('keep NaN and infinities, and leave integers and empty tensors to stock tfjs', async () => {
    const f = () => [
      tf.sum(tf.tensor2d([1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY, 4], [3, 2]), 1),
      tf.sum(tf.tensor1d([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])),
      tf.mean(tf.tensor1d([3e38, 3e38])),
      tf.sum(tf.tensor1d([1, 2], 'int32')),
      tf.sum(tf.zeros([0, 3]), 0),
      tf.mean(tf.zeros([0, 3]), 0),
    ];
    expectClose(await native(f), await stock(f), 1e-7);
  });
});
