import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNorm, normalise } from './batch-norm.ts';
import { valueAndGradients } from './gradients.ts';

beforeAll(() => tf.setBackend('cpu'));

const x = () => tf.randomNormal([4, 3, 5, 2], 3, 2, 'float32', 7) as tf.Tensor4D;
const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0]!;

describe('batchNorm', () => {
  it('gives mean 0 and variance 1 a channel, and the statistics of the batch', () => {
    const { y, mean, variance } = batchNorm(x(), { epsilon: 0 });
    const moments = tf.moments(y, [0, 1, 2]);
    expect(largest(moments.mean)).toBeLessThan(1e-6);
    expect(largest(moments.variance.sub(1))).toBeLessThan(1e-6);
    const expected = tf.moments(x(), [0, 1, 2]);
    expect(largest(mean.sub(expected.mean))).toBeLessThan(1e-6);
    expect(largest(variance.sub(expected.variance))).toBeLessThan(1e-5);
  });

  it('with scale and offset is the same, scaled and moved', () => {
    const gamma = tf.tensor1d([2, -3]);
    const beta = tf.tensor1d([0.5, 1]);
    const plain = batchNorm(x()).y;
    expect(largest(batchNorm(x(), { gamma, beta }).y.sub(plain.mul(gamma).add(beta)))).toBeLessThan(1e-6);
  });

  it('has a gradient that is orthogonal to constants and to y, since y does not depend on the offset and scale of x', () => {
    const targets = { x: x() };
    const weights = tf.randomNormal(targets.x.shape, 0, 1, 'float32', 8);
    const { y, gradients } = valueAndGradients(() => {
      const { y } = batchNorm(targets.x, { epsilon: 0 });
      return { loss: y.mul(weights).sum() as tf.Scalar, y };
    }, targets);
    expect(largest(gradients.x!)).toBeGreaterThan(0.1);
    expect(largest(gradients.x!.sum([0, 1, 2]))).toBeLessThan(1e-5);
    expect(largest(gradients.x!.mul(y).sum([0, 1, 2]))).toBeLessThan(1e-5);
  });

  it('has the gradients of scale and offset', () => {
    const targets = { gamma: tf.tensor1d([2, -3]), beta: tf.tensor1d([0.5, 1]) };
    const weights = tf.randomNormal([4, 3, 5, 2], 0, 1, 'float32', 8);
    const { gradients } = valueAndGradients(
      () => batchNorm(x(), targets).y.mul(weights).sum() as tf.Scalar,
      targets,
    );
    expect(largest(gradients.beta!.sub(weights.sum([0, 1, 2])))).toBeLessThan(1e-5);
    expect(largest(gradients.gamma!.sub(batchNorm(x()).y.mul(weights).sum([0, 1, 2])))).toBeLessThan(1e-5);
  });

  it('in evaluation mode uses the given statistics by the same formula', () => {
    const affine = { gamma: tf.tensor1d([2, -3]), beta: tf.tensor1d([0.5, 1]) };
    const { y, mean, variance } = batchNorm(x(), affine);
    expect(largest(normalise(x(), { mean, variance, ...affine }).sub(y))).toBeLessThan(1e-6);
  });

  it('refuses half an affine and wrong sizes', () => {
    expect(() => batchNorm(x(), { gamma: tf.ones([2]) })).toThrow('both gamma and beta, or none');
    expect(() => batchNorm(x(), { gamma: tf.ones([3]), beta: tf.zeros([3]) })).toThrow(
      '2 values, got 3 and 3',
    );
  });
});
