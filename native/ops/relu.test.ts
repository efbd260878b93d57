import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerNativeBackend } from '../registration.ts';

describe('relu', () => {
  beforeAll(async () => {
    expect(await registerNativeBackend()).toBe(true);
  });

  it('is max(x, 0), keeps NaN, and leaves other element types to stock tfjs', () => {
    const x = [-2, -0.5, 0, 0.25, 3, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    expect([...tf.relu(tf.tensor1d(x)).dataSync()]).toEqual([
      0,
      0,
      0,
      0.25,
      3,
      Number.NaN,
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect([...tf.relu(tf.tensor1d([-3, 4], 'int32')).dataSync()]).toEqual([0, 4]);
    expect(tf.relu(tf.tensor2d([], [0, 3])).shape).toEqual([0, 3]);
  });

  it('has the gradient of tfjs', () => {
    const gradient = tf.grad((x) =>
      tf
        .relu(x)
        .mul(tf.tensor1d([2, 3, 4]))
        .sum(),
    )(tf.tensor1d([-1, 0, 5]));
    expect([...gradient.dataSync()]).toEqual([0, 0, 4]);
  });
});
