import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, it } from 'vitest';
import { expectClose, native, normal, stock, useNative } from '../testing/oracle.ts';

const special = [0, -0, 1, -2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38, 1e-40];

const all = (x: tf.Tensor) => [
  tf.neg(x),
  tf.abs(x),
  tf.square(x),
  tf.sqrt(x),
  tf.rsqrt(x),
  tf.reciprocal(x),
  tf.step(x),
  tf.step(x, 0.25),
];

describe('functions of single elements', () => {
  beforeAll(useNative);

  it('are those of stock tfjs to the bit', async () => {
    const f = () => all(normal<tf.Rank.R1>([70_001], 1));
    expectClose(await native(f), await stock(f), 0);
  });

  it('keep NaN, infinities and the smallest numbers', async () => {
    const f = () => all(tf.tensor1d(special));
    expectClose(await native(f), await stock(f), 0);
  });

  it('leave integers and empty tensors to stock tfjs', async () => {
    const f = () => [
      tf.neg(tf.tensor1d([1, -2], 'int32')),
      tf.square(tf.tensor1d([3, -2], 'int32')),
      tf.abs(tf.zeros([0, 2])),
    ];
    expectClose(await native(f), await stock(f), 0);
  });
});

describe('cast', () => {
  beforeAll(useNative);

  it('turns integers and truth values into floats, and everything else as stock tfjs does', async () => {
    const f = () => [
      tf.cast(tf.tensor1d([1, -7, 2 ** 24 + 1], 'int32'), 'float32'),
      tf.cast(tf.tensor1d([true, false, true], 'bool'), 'float32'),
      tf.cast(tf.tensor1d([1.7, -1.7]), 'int32'),
      tf.cast(tf.tensor1d([0, 3]), 'bool'),
      tf.cast(tf.zeros([0], 'int32'), 'float32'),
    ];
    expectClose(await native(f), await stock(f), 0);
  });
});
