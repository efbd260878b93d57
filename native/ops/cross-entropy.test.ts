import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, kernel, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

const shapes = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 2, max: 70 }));
const labelsOf = ([rows, classes]: [number, number]) =>
  tf.tensor1d(
    Array.from({ length: rows }, (_, r) => (r * 7 + 3) % classes),
    'int32',
  );

describe('cross-entropy', () => {
  beforeAll(useNative);

  it('is the mean of -log softmax at the labels, with its gradient', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(1, 30), async (shape, width) => {
        const expected = await stock(() => {
          const target = tf.oneHot(labelsOf(shape), shape[1]);
          const loss = (x: tf.Tensor) =>
            tf.neg(tf.sum(tf.mul(tf.logSoftmax(x), target))).div(shape[0]) as tf.Scalar;
          const x = normal<tf.Rank.R2>(shape, 1).mul(width);
          return [loss(x), tf.grad(loss)(x, tf.scalar(0.5))];
        });
        const actual = await native(() => {
          const x = normal<tf.Rank.R2>(shape, 1).mul(width);
          return [
            ...kernel('UnnasCrossEntropy', [x, labelsOf(shape)]),
            ...kernel('UnnasCrossEntropyGrad', [x, labelsOf(shape), tf.scalar(0.5)]),
          ];
        });
        expectClose(actual, expected, 3e-6);
      }),
      { numRuns: runs(40) },
    );
  });

  it('is finite for logits of any size', async () => {
    const [loss] = await native(() =>
      kernel('UnnasCrossEntropy', [tf.tensor2d([1e30, 0, -1e30, 0], [2, 2]), tf.tensor1d([0, 1], 'int32')]),
    );
    expect(loss!.values[0]).toBe(0);
  });

  it('refuses a label that is no class', () => {
    for (const label of [-1, 2])
      expect(() => kernel('UnnasCrossEntropy', [tf.zeros([1, 2]), tf.tensor1d([label], 'int32')])).toThrow(
        'a label is not a class',
      );
  });
});
