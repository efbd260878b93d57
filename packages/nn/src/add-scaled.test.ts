import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { addScaled } from './add-scaled.ts';

beforeAll(() => tf.setBackend('cpu'));

it('addScaled adds tensors of the same names', () => {
  const a = { x: tf.tensor1d([1, 2]), y: tf.scalar(3) };
  const sums = addScaled(a, { y: tf.scalar(10), x: tf.tensor1d([4, 6]), other: tf.scalar(1) }, -0.5);
  expect(Object.keys(sums)).toEqual(['x', 'y']);
  expect([...sums.x!.dataSync()]).toEqual([-1, -1]);
  expect(sums.y!.dataSync()[0]).toBe(-2);
  expect(addScaled({}, a, 1)).toEqual({});
  expect(() => addScaled(a, { x: a.x }, 1)).toThrow('y of shape , got none');
  expect(() => addScaled({ x: a.x }, { x: tf.zeros([3]) }, 1)).toThrow('x of shape 2, got 3');
});
