import type * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, kernel, native, normal, useNative } from '../testing/oracle.ts';

describe('moving average', () => {
  beforeAll(useNative);

  it('is its formula for many tensors of any size', async () => {
    const sizes = Array.from({ length: 200 }, (_, i) => (i === 50 ? 20_011 : 1 + (i % 37)));
    const tensors = (seed: number) => sizes.map((size, i) => normal<tf.Rank.R1>([size], seed + i));
    const scales = sizes.map((_, i) => 1 + i / 100);
    const [old, seen] = [tensors(1000), tensors(2000)];
    const expected = sizes.map((size, i) => {
      const news = seen[i]!.dataSync();
      return {
        shape: [size],
        values: Float32Array.from(old[i]!.dataSync(), (x, j) => 0.9 * x + 0.1 * scales[i]! * news[j]!),
      };
    });
    const attrs = { count: sizes.length, portion: 0.1, scales };
    const actual = await native(() =>
      kernel('UnnasMovingAverage', [...tensors(1000), ...tensors(2000)], attrs),
    );
    expect(actual.length).toBe(sizes.length);
    expectClose(actual, expected, 3e-7);
  });
});
