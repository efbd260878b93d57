import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { tidyValues } from './tidy-values.ts';

it('frees tensors, and looks at nothing of the result', () => {
  const before = tf.memory().numTensors;
  const untouchable = new Proxy(new Float32Array(4), {
    ownKeys: () => {
      throw new Error('somebody has looked');
    },
  });
  const result = tidyValues(() => {
    tf.ones([4]).square();
    return untouchable;
  });
  expect(result).toBe(untouchable);
  expect(tf.memory().numTensors).toBe(before);
  expect(() => tf.tidy(() => untouchable as never)).toThrow('somebody has looked');
});

it('frees tensors and passes on what is thrown', () => {
  const before = tf.memory().numTensors;
  expect(() =>
    tidyValues(() => {
      tf.ones([4]);
      throw new RangeError('wrong');
    }),
  ).toThrow(new RangeError('wrong'));
  expect(tf.memory().numTensors).toBe(before);
});
