import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { movingAverage } from './moving-average.ts';

beforeAll(() => tf.setBackend('cpu'));

it('movingAverage takes its portion of the new values, scaled', () => {
  const old = { mean: tf.tensor1d([1, 2]), variance: tf.tensor1d([1, 1]) };
  const observed = { variance: tf.tensor1d([4, 8]), mean: tf.tensor1d([3, 0]), other: tf.scalar(1) };
  const { mean, variance, ...others } = movingAverage(old, observed, {
    portion: 0.25,
    scales: { variance: 2 },
  });
  expect([...mean!.dataSync()]).toEqual([1.5, 1.5]);
  expect([...variance!.dataSync()]).toEqual([2.75, 4.75]);
  expect(others).toEqual({});
  expect(() => movingAverage(old, { mean: tf.zeros([3]) }, { portion: 0.1 })).toThrow(
    'mean of shape 2, got 3',
  );
});
