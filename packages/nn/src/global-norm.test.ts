import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipScale, globalNorm } from './global-norm.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('globalNorm', () => {
  it('is the L2 norm of all values together', () => {
    expect(globalNorm({ a: tf.tensor2d([[1, 2]]), b: tf.scalar(-2) }).dataSync()[0]).toBe(3);
    expect(globalNorm({}).dataSync()[0]).toBe(0);
  });
});

describe('clipScale', () => {
  it('brings a norm down to the limit and never up', () => {
    expect(clipScale(10, 5)).toBeCloseTo(0.5, 6);
    expect(clipScale(5, 5)).toBeLessThan(1);
    expect(clipScale(4.9, 5)).toBe(1);
    expect(clipScale(0, 5)).toBe(1);
  });
});
