import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy } from './cross-entropy.ts';
import { valueAndGradients } from './gradients.ts';

beforeAll(() => tf.setBackend('cpu'));

const rows = [
  [1, 2, 3, 400],
  [-1, 0.5, 2, 0],
  [0, 0, 0, 0],
];
const labels = [3, 1, 2];
const softmax = (row: number[]) => {
  const terms = row.map((value) => Math.exp(value - Math.max(...row)));
  return terms.map((term) => term / terms.reduce((a, b) => a + b));
};

describe('crossEntropy', () => {
  it('is the mean of -log softmax at the label, with the gradient (softmax - one hot) / rows', () => {
    const logits = tf.tensor2d(rows);
    const { loss, gradients } = valueAndGradients(() => crossEntropy(logits, tf.tensor1d(labels, 'int32')), {
      logits,
    });
    const expected = rows.map((row, r) => -Math.log(softmax(row)[labels[r]!]!)).reduce((a, b) => a + b) / 3;
    expect(loss.dataSync()[0]).toBeCloseTo(expected, 5);
    const slope = rows.flatMap((row, r) => softmax(row).map((p, k) => (p - (k === labels[r] ? 1 : 0)) / 3));
    [...gradients.logits!.dataSync()].forEach((value, i) => {
      expect(value).toBeCloseTo(slope[i]!, 6);
    });
  });

  it('takes the mean over pixels', () => {
    const logits = tf.tensor2d(rows).slice(0, 2).reshape([1, 1, 2, 4]);
    const pixels = crossEntropy(logits, tf.tensor3d([[[3, 1]]], [1, 1, 2], 'int32'));
    const flat = crossEntropy(logits.reshape([2, 4]), tf.tensor1d([3, 1], 'int32'));
    expect(pixels.dataSync()).toEqual(flat.dataSync());
  });

  it('leaves out rows with the label to ignore', () => {
    const logits = tf.tensor2d(rows);
    const some = valueAndGradients(
      () => crossEntropy(logits, tf.tensor1d([255, 1, 2], 'int32'), { ignore: 255 }),
      { logits },
    );
    const rest = crossEntropy(logits.slice(1), tf.tensor1d([1, 2], 'int32'));
    expect(some.loss.dataSync()[0]).toBeCloseTo(rest.dataSync()[0]!, 6);
    expect([...some.gradients.logits!.slice(0, 1).dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it('is 0 and moves nothing where no row counts, also if the label to ignore is a class', () => {
    const logits = tf.tensor2d(rows);
    for (const ignore of [9, 1]) {
      const none = valueAndGradients(() => crossEntropy(logits, tf.fill([3], ignore, 'int32'), { ignore }), {
        logits,
      });
      expect(
        [...none.loss.dataSync(), ...none.gradients.logits!.dataSync()].every((v) => Math.abs(v) === 0),
      ).toBe(true);
    }
  });

  it('refuses labels that are no class', () => {
    const logits = tf.tensor2d(rows);
    expect(() => crossEntropy(logits, tf.tensor1d([0, 4, 1], 'int32'))).toThrow(
      'labels are 0..3 for 4 classes, got 4',
    );
    expect(() => crossEntropy(logits, tf.tensor1d([0, -1, 1], 'int32'))).toThrow('got -1');
    expect(() => crossEntropy(logits, tf.tensor1d([0, 1], 'int32'))).toThrow('3 rows of logits');
    expect(() => crossEntropy(logits, tf.tensor1d([0, 1, 2]))).toThrow('float32');
  });
});
