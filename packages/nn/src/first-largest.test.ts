import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { firstLargest } from './first-largest.ts';

beforeAll(() => tf.setBackend('cpu'));

it('is the first place of the largest number of a row, -1 where there is none', () => {
  const rows = [
    [1, 3, 3],
    [Number.NaN, -2, -1],
    [Number.NaN, Number.NEGATIVE_INFINITY, Number.NaN],
    [Number.POSITIVE_INFINITY, 5, Number.POSITIVE_INFINITY],
  ];
  const places = firstLargest(tf.tensor2d(rows));
  expect(places.dtype).toBe('int32');
  expect([...places.dataSync()]).toEqual([1, 2, -1, 0]);
  expect(firstLargest(tf.zeros([0, 3])).shape).toEqual([0]);
});
