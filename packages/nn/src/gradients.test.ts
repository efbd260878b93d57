import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from './gradients.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('valueAndGradients', () => {
  it('differentiates with respect to named tensors, zero where the loss does not depend on one', () => {
    const a = tf.tensor1d([1, 2]);
    const b = tf.tensor1d([3, 4]);
    const unused = tf.tensor2d([[1], [2]]);
    const { loss, gradients } = valueAndGradients(() => a.mul(b).sum() as tf.Scalar, { a, b, unused });
    expect(loss.dataSync()[0]).toBe(11);
    expect([...gradients.a!.dataSync()]).toEqual([3, 4]);
    expect([...gradients.b!.dataSync()]).toEqual([1, 2]);
    expect(gradients.unused!.shape).toEqual([2, 1]);
    expect([...gradients.unused!.dataSync()]).toEqual([0, 0]);
  });

  it('hands other tensors through, and leaves nothing else behind', () => {
    const a = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const result = tf.tidy(() =>
      valueAndGradients(
        () => {
          const square = a.square();
          return {
            loss: square.sum() as tf.Scalar,
            square,
            nested: { list: [square.neg(), a] },
            text: 'as it is',
          };
        },
        { a },
      ),
    );
    expect([...result.square.dataSync()]).toEqual([1, 4]);
    expect([...result.nested.list[0]!.dataSync()]).toEqual([-1, -4]);
    expect([...result.nested.list[1]!.dataSync()]).toEqual([1, 2]);
    expect(result.text).toBe('as it is');
    expect(tf.memory().numTensors - before).toBe(5);
    tf.dispose([result.loss, result.square, result.nested.list, result.gradients]);
    expect(tf.memory().numTensors).toBe(before);
    expect([...a.dataSync()]).toEqual([1, 2]);
  });

  it('just computes where there is nothing to differentiate by', () => {
    const { loss, gradients } = valueAndGradients(() => tf.scalar(2).square(), {});
    expect(loss.dataSync()[0]).toBe(4);
    expect(gradients).toEqual({});
  });
});
