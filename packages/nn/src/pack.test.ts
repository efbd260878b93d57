import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { pack, unpack } from './pack.ts';

beforeAll(() => tf.setBackend('cpu'));

const SHAPES = [[2, 1], [], [3]];
const tensors = () => [tf.tensor2d([[1], [2]]), tf.scalar(3), tf.tensor1d([4, 5, 6])];

it('packs the values of tensors one behind the other, and unpacks them', () => {
  const packed = pack(tensors());
  expect([...packed.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
  const unpacked = unpack(packed, SHAPES);
  expect(unpacked.map(({ shape }) => shape)).toEqual(SHAPES);
  expect(unpacked.map((tensor) => [...tensor.dataSync()])).toEqual([[1, 2], [3], [4, 5, 6]]);
});

it('packs no tensors', () => {
  expect(pack([]).shape).toEqual([0]);
  expect(unpack(pack([]), [])).toEqual([]);
});

it('lets gradients through one tensor', () => {
  const through = (given: tf.Tensor) =>
    unpack(pack([given]), [[3, 1]])[0]!
      .square()
      .sum() as tf.Scalar;
  expect([
    ...tf
      .grad(through)(tf.tensor2d([[1, 2, 3]]))
      .dataSync(),
  ]).toEqual([2, 4, 6]);
});

it('lets gradients through both ways', () => {
  const through = (...given: tf.Tensor[]) =>
    tf.addN(
      unpack(pack(given), SHAPES).map((tensor, i) =>
        tensor
          .square()
          .sum()
          .mul(i + 1),
      ),
    ) as tf.Scalar;
  const gradients = tf.grads(through)(tensors());
  expect(gradients.map((gradient) => [...gradient.dataSync()])).toEqual([[2, 4], [12], [24, 30, 36]]);
});

it('refuses sizes that do not add up', () => {
  expect(() => unpack(tf.zeros([6]), [[2], [3]])).toThrow('expected 2 tensors of 5 numbers together, got 6');
});
