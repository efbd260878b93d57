import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernel, native, normal, useNative } from '../testing/oracle.ts';

describe('the global norm', () => {
  beforeAll(useNative);

  it('is the length of all elements as one vector', async () => {
    const shapes = [[3, 3, 16, 70], [20_011], [1], [37], []];
    const tensors = () => shapes.map((shape, i) => normal(shape as [number], i + 1));
    const squares = tensors().flatMap((tensor) => [...tensor.dataSync()].map((x) => x * x));
    const exact = Math.sqrt(squares.reduce((total, x) => total + x, 0));
    const [norm] = await native(() => kernel('UnnasGlobalNorm', tensors()));
    expect(norm!.shape).toEqual([]);
    expect(Math.abs(norm!.values[0]! / exact - 1)).toBeLessThan(1e-7);
  });

  it('does not overflow where the squares of floats would, and shows NaN', async () => {
    const [large] = await native(() => kernel('UnnasGlobalNorm', [tf.tensor1d([3e30, 4e30])]));
    expect(large!.values[0]).toBe(Math.fround(5e30));
    const [broken] = await native(() => kernel('UnnasGlobalNorm', [tf.tensor1d([1, Number.NaN])]));
    expect(broken!.values[0]).toBeNaN();
  });
});
