import type * as tf from '@tensorflow/tfjs';
import { addScaled, type Tensors } from '@unnas/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { native, normal, stock, useNative } from '../testing/oracle.ts';

describe('addScaled', () => {
  beforeAll(useNative);

  it('is its reference to the bit, for tensors of any size', async () => {
    const sizes = [1, 16, 37, 20_011];
    const tensors = (seed: number): Tensors =>
      Object.fromEntries(sizes.map((size, i) => [`${i}`, normal<tf.Rank.R1>([size], seed + i)]));
    const sums = () => Object.values(addScaled(tensors(10), tensors(20), -0.3));
    const expected = await stock(sums);
    await forEachIsa(async () => {
      expect(await native(sums)).toEqual(expected);
    });
  });
});
