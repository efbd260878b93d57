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

describe('sum and mean', () => {
  beforeAll(useNative);

  it('are those of stock tfjs along any axes', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axes, keepDims }) => {
        const f = () => {
          const x = normal(shape as [number], 1);
          return [tf.sum(x, axes, keepDims), tf.mean(x, axes, keepDims)];
        };
        expectClose(await native(f), await stock(f), 1e-6);
      }),
      { numRuns: runs(80) },
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
