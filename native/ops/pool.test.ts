import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, kernel, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

type Shape = [number, number, number, number];

const cases = fc
  .record({
    shape: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 37 }),
    ),
    filter: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pad: fc.constantFrom<'same' | 'valid' | 0 | 1>('same', 'valid', 0, 1),
  })
  .filter(({ shape, filter, pad }) => {
    const around = pad === 1 ? 2 : 0;
    // Windows that lie in the padding altogether are no use to anybody, nor are maps without any window.
    if (pad === 1 && Math.min(...filter) < 2) return false;
    // With padding in numbers tfjs takes the filter for a square one.
    if (typeof pad === 'number' && filter[0] !== filter[1]) return false;
    return shape[1] + around >= filter[0] && shape[2] + around >= filter[1];
  });

/** Few different values, so that windows have several maxima. */
const coarse = (shape: Shape, seed: number) =>
  normal<tf.Rank.R4>(shape, seed).mul(1.5).round() as tf.Tensor4D;

describe('pooling', () => {
  beforeAll(useNative);

  it('gives the maxima and averages of stock tfjs, and its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, filter, strides, pad }) => {
        const rounding = typeof pad === 'number' ? 'floor' : undefined;
        const f = () => {
          const x = coarse(shape, 1);
          const max = (t: tf.Tensor) => tf.maxPool(t as tf.Tensor4D, filter, strides, pad, rounding);
          const average = (t: tf.Tensor) => tf.avgPool(t as tf.Tensor4D, filter, strides, pad, rounding);
          const dy = normal<tf.Rank.R4>(max(x).shape, 2);
          return [max(x), average(x), tf.grad(max)(x, dy), tf.grad(average)(x, dy)];
        };
        expectClose(await native(f), await stock(f), 1e-6);
      }),
      { numRuns: runs(80) },
    );
  });

  it('leaves the padding out of the 3x3 average and of its gradient', async () => {
    const small = fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(small, fc.constantFrom(1, 2), async (shape, stride) => {
        const padded = (t: tf.Tensor) =>
          t.pad([
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ]) as tf.Tensor4D;
        // Average over all nine, then put right by the share of the nine that lies inside the map.
        const average = (t: tf.Tensor) =>
          tf
            .avgPool(padded(t), 3, stride, 'valid')
            .div(tf.avgPool(padded(tf.onesLike(t)), 3, stride, 'valid'));
        const expected = await stock(() => {
          const x = normal<tf.Rank.R4>(shape, 1);
          return [average(x), tf.grad(average)(x, normal<tf.Rank.R4>(average(x).shape as Shape, 2))];
        });
        const actual = await native(() => {
          const x = normal<tf.Rank.R4>(shape, 1);
          const [y] = kernel('UnnasAveragePool3x3', [x], { stride });
          const dy = normal<tf.Rank.R4>(y!.shape as Shape, 2);
          return [y!, ...kernel('UnnasAveragePool3x3Grad', [x, dy], { stride })];
        });
        expectClose(actual, expected, 1e-6);
      }),
      { numRuns: runs(40) },
    );
  });

  it('treats NaN and infinities as stock tfjs does', async () => {
    const x = [
      Number.NaN,
      1,
      2,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      3,
      4,
    ];
    const f = () => {
      const map = tf.tensor4d(x, [1, 3, 3, 1]);
      const max = (t: tf.Tensor) => tf.maxPool(t as tf.Tensor4D, 2, 1, 'valid');
      return [max(map), tf.avgPool(map, 2, 1, 'valid'), tf.grad(max)(map, tf.ones([1, 2, 2, 1]))];
    };
    const expected = await stock(f);
    expectClose(await native(f), expected, 1e-6);
    expect([...expected[0]!.values]).toEqual([1, 2, Number.POSITIVE_INFINITY, 4]);
  });

  it('is the same for bands of a large map as for one small map', async () => {
    const shape: Shape = [1, 40, 10, 100];
    const f = () => {
      const x = coarse(shape, 1);
      const max = (t: tf.Tensor) => tf.maxPool(t as tf.Tensor4D, 3, 1, 1);
      return [max(x), tf.grad(max)(x, normal<tf.Rank.R4>(shape, 2))];
    };
    expectClose(await native(f), await stock(f), 1e-6);
  });

  it('leaves integers, empty maps and single-pixel windows to stock tfjs', async () => {
    const f = () => [
      tf.maxPool(tf.tensor4d([1, 5, 3, 4], [1, 2, 2, 1], 'int32'), 2, 1, 'valid'),
      tf.avgPool(tf.tensor4d([1, 5, 3, 4], [1, 2, 2, 1]), 1, 1, 'valid'),
    ];
    expectClose(await native(f), await stock(f), 0);
  });
});
