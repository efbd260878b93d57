import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { moveAverages } from './moving-average.ts';

beforeAll(() => tf.setBackend('cpu'));

it('moveAverages takes its portion of the new values, scaled, and leaves the rest', () => {
  const variable = (...values: number[]) => tf.tidy(() => tf.variable(tf.tensor1d(values), false));
  const averages = {
    mean: variable(1, 2),
    other: variable(7),
    variance: variable(1, 1),
    last: variable(1, 1),
  };
  const { dataId } = averages.other;
  const means = { names: ['mean'], values: tf.tensor1d([3, 0]), scale: 1 };
  const variances = { names: ['last', 'variance'], values: tf.tensor2d([0, 2, 4, 8], [2, 2]), scale: 2 };
  const before = tf.memory().numTensors;
  moveAverages(averages, [means, variances], { portion: 0.25 });
  expect(tf.memory().numTensors).toBe(before);
  expect([...averages.mean.dataSync()]).toEqual([1.5, 1.5]);
  expect([...averages.variance.dataSync()]).toEqual([2.75, 4.75]);
  expect([...averages.last.dataSync()]).toEqual([0.75, 1.75]);
  expect(averages.other.dataId).toBe(dataId);
  moveAverages(averages, []);
  expect(() => moveAverages(averages, [{ ...means, values: tf.zeros([3]) }])).toThrow(
    'mean of shape 2, got 3',
  );
  expect(() => moveAverages({}, [means])).toThrow('mean of shape none, got 2');
});
