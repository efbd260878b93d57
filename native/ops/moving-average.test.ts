import * as tf from '@tensorflow/tfjs';
import { moveAverages } from '@unnas/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, normal, useNative } from '../testing/oracle.ts';

/** Groups of averages of one size: how many, and how large. */
const groups = Array.from({ length: 40 }, (_, i) => (i === 20 ? [2, 20_011] : [1 + (i % 7), 1 + (i % 37)]));

describe('moving average', () => {
  beforeAll(useNative);

  const name = (group: number, k: number) => `${group}/${k}`;
  const olds = () =>
    Object.fromEntries(
      groups.flatMap(([count, size], i) =>
        Array.from({ length: count! }, (_, k) => [name(i, k), normal<tf.Rank.R1>([size!], 1 + 100 * i + k)]),
      ),
    );
  const observed = () =>
    groups.map(([count, size], i) => ({
      names: Array.from({ length: count! }, (_, k) => name(i, k)),
      values: normal<tf.Rank.R2>([count!, size!], 5000 + i),
      scale: 1 + i / 100,
    }));
  const variables = () =>
    Object.fromEntries(Object.entries(olds()).map(([key, old]) => [key, tf.variable(old, false)]));

  it('is its formula for many tensors of any size', async () => {
    const old = olds();
    const expected = observed().flatMap(({ names, values, scale }) => {
      const news = values.dataSync();
      const size = values.shape[1]!;
      return names.map((key, k) => ({
        shape: [size],
        values: Float32Array.from(
          old[key]!.dataSync(),
          (x, j) => 0.9 * x + 0.1 * scale * news[k * size + j]!,
        ),
      }));
    });
    const actual = await native(() => {
      const averages = variables();
      moveAverages(averages, observed());
      const results = Object.values(averages).map((average) => average.clone());
      tf.dispose(averages);
      return results;
    });
    expectClose(actual, expected, 3e-7);
  });

  it('moves averages in place, but not what somebody keeps', () => {
    const averages = tf.tidy(variables);
    const news = observed();
    moveAverages(averages, news);
    const ids = () => Object.values(averages).map(({ dataId }) => dataId);
    const before = ids();
    const { numDataBuffers } = tf.memory();
    moveAverages(averages, news);
    ids().forEach((id, i) => {
      expect(id).toBe(before[i]);
    });
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
    const clone = averages['3/0']!.clone();
    const kept = [...clone.dataSync()];
    moveAverages(averages, news);
    expect([...clone.dataSync()]).toEqual(kept);
    expect([...averages['3/0']!.dataSync()]).not.toEqual(kept);
  });
});
