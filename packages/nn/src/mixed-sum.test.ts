import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNorm } from './batch-norm.ts';
import { valueAndGradients } from './gradients.ts';
import { mixedSum } from './mixed-sum.ts';

beforeAll(() => tf.setBackend('cpu'));

const map = (seed: number) => tf.randomNormal([2, 3, 4, 3], seed, 2, 'float32', seed) as tf.Tensor4D;
const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0]!;
const flags = [true, false, true];

describe('mixedSum', () => {
  it('is the weighted sum of maps, normalised where asked for, with the same gradients', () => {
    const targets = { weights: tf.tensor1d([0.5, -2, 0.25]), a: map(1), b: map(2), c: map(3) };
    const { weights, a, b, c } = targets;
    const dy = map(4);
    const fused = valueAndGradients(() => {
      const { y, mean, variance } = mixedSum(weights, [a, b, c], { normalise: flags });
      return { loss: y.mul(dy).sum() as tf.Scalar, y, mean, variance };
    }, targets);
    const written = valueAndGradients(() => {
      const y = tf.addN([
        batchNorm(a).y.mul(weights.slice(0, 1)),
        b.mul(weights.slice(1, 1)),
        batchNorm(c).y.mul(weights.slice(2, 1)),
      ]);
      return { loss: y.mul(dy).sum() as tf.Scalar, y };
    }, targets);
    expect(largest(fused.y.sub(written.y))).toBeLessThan(1e-5);
    for (const name of Object.keys(targets)) {
      expect(largest(fused.gradients[name]!)).toBeGreaterThan(0.01);
      expect(largest(fused.gradients[name]!.sub(written.gradients[name]!))).toBeLessThan(1e-4);
    }
    expect(fused.mean.shape).toEqual([3, 3]);
    expect(largest(fused.mean.slice(0, 1).sub(batchNorm(a).mean))).toBeLessThan(1e-6);
    expect([...fused.mean.slice(1, 1).dataSync(), ...fused.variance.slice(1, 1).dataSync()]).toEqual([
      0, 0, 0, 1, 1, 1,
    ]);
    expect(largest(fused.variance.slice(2, 1).sub(batchNorm(c).variance))).toBeLessThan(1e-6);
  });

  it('refuses lists of different lengths and maps of different shapes', () => {
    const weights = tf.tensor1d([1, 2]);
    expect(() => mixedSum(weights, [map(1)], { normalise: [true] })).toThrow(
      'got 2 weights, 1 flags and 1 maps',
    );
    expect(() => mixedSum(tf.tensor1d([]), [], { normalise: [] })).toThrow('at least one');
    const other = tf.zeros<tf.Rank.R4>([2, 3, 4, 2]);
    expect(() => mixedSum(weights, [map(1), other], { normalise: [true, false] })).toThrow(
      '2,3,4,3 and 2,3,4,2',
    );
  });
});
