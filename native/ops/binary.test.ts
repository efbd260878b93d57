import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

/** Two shapes that tfjs broadcasts: axes of one element here and there, and leading axes left out. */
const shapes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom('both', 'a', 'b')), {
    minLength: 0,
    maxLength: 5,
  })
  .chain((axes) =>
    fc.tuple(
      fc.constant(axes.map(([size, owner]) => (owner === 'b' ? 1 : size))),
      fc
        .integer({ min: 0, max: axes.length })
        .map((cut) => axes.map(([size, owner]) => (owner === 'a' ? 1 : size)).slice(cut)),
      fc.boolean(),
    ),
  )
  .map(([a, b, swap]) => (swap ? ([b, a] as const) : ([a, b] as const)));

const special = [0, 1, -2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38, 1e-40];

const all = (a: tf.Tensor, b: tf.Tensor) => [
  tf.add(a, b),
  tf.sub(a, b),
  tf.mul(a, b),
  tf.div(a, b),
  tf.maximum(a, b),
  tf.minimum(a, b),
];

describe('arithmetic of two tensors', () => {
  beforeAll(useNative);

  it('is that of stock tfjs to the bit, for all shapes that fit', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ([a, b]) => {
        const f = () => all(normal(a as [number], 1), normal(b as [number], 2));
        expectClose(await native(f), await stock(f), 0);
      }),
      { numRuns: runs(60) },
    );
  });

  it('keeps NaN, infinities and the smallest numbers', async () => {
    const f = () => all(tf.tensor2d(special, [8, 1]), tf.tensor2d(special, [1, 8]));
    expectClose(await native(f), await stock(f), 0);
  });

  it('works on long rows and on many short ones', async () => {
    const f = () => [
      tf.add(normal<tf.Rank.R1>([100_003], 1), normal<tf.Rank.R1>([100_003], 2)),
      tf.mul(normal<tf.Rank.R2>([6007, 17], 1), normal<tf.Rank.R1>([17], 2)),
      tf.sub(normal<tf.Rank.R2>([6007, 17], 1), normal<tf.Rank.R2>([6007, 1], 2)),
    ];
    expectClose(await native(f), await stock(f), 0);
  });

  it('has the gradients of stock tfjs', async () => {
    const f = () =>
      tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.addN(all(a, b).slice(0, 4)))([
        normal<tf.Rank.R3>([3, 5, 4], 1),
        normal<tf.Rank.R1>([4], 2),
      ]);
    expectClose(await native(f), await stock(f), 1e-6);
  });

  it('leaves integers and empty tensors to stock tfjs, and refuses shapes that do not fit as it does', async () => {
    const f = () => [
      tf.add(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32')),
      tf.add(tf.zeros([0, 3]), tf.ones([3])),
    ];
    expectClose(await native(f), await stock(f), 0);
    expect(() => tf.add(tf.zeros([2]), tf.zeros([3]))).toThrow();
  });
});

describe('addN', () => {
  beforeAll(useNative);

  it('adds in the order of the list', async () => {
    const f = () => [tf.addN([1, 2, 3, 4].map((seed) => normal<tf.Rank.R2>([7, 11], seed)))];
    expectClose(await native(f), await stock(f), 0);
  });
});
