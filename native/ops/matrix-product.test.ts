import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

const size = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(1, 16, 64, 65, 128));
const cases = fc.record({
  rows: size,
  inner: size,
  columns: size,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  batchA: fc.constantFrom([], [1], [3], [2, 2]),
  batchB: fc.constantFrom([], [1], [3], [2, 2], [1, 2]),
});
type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

const inputs = (one: Case): [tf.Tensor, tf.Tensor] => [
  normal(
    [...one.batchA, ...(one.transposeA ? [one.inner, one.rows] : [one.rows, one.inner])] as [number, number],
    1,
  ),
  normal(
    [...one.batchB, ...(one.transposeB ? [one.columns, one.inner] : [one.inner, one.columns])] as [
      number,
      number,
    ],
    2,
  ),
];

describe('matrix product', () => {
  beforeAll(useNative);

  const check = async (one: Case) => {
    const product = () => [tf.matMul(...inputs(one), one.transposeA, one.transposeB)];
    const expected = await stock(product);
    await forEachIsa(async () => expectClose(await native(product), expected, 5e-6));
  };

  it('is that of stock tfjs, also transposed, in batches and broadcast', async () => {
    const fits = ({ batchA, batchB }: Case) =>
      batchA.length * batchB.length <= 1 || batchA.length === batchB.length;
    await fc.assert(fc.asyncProperty(cases.filter(fits), check), { numRuns: runs(60) });
  });

  it.each([
    { rows: 7, inner: 3000, columns: 10, transposeA: true, transposeB: false },
    { rows: 200, inner: 65, columns: 100, transposeA: false, transposeB: true },
    { rows: 1, inner: 1, columns: 1, transposeA: true, transposeB: true },
  ])('of $rows x $inner by $inner x $columns', (sizes) => check({ ...sizes, batchA: [], batchB: [] }));

  it('has the gradients of stock tfjs', async () => {
    const gradients = () => {
      const [a, b, dy] = [
        normal<tf.Rank.R2>([33, 20], 1),
        normal<tf.Rank.R2>([20, 10], 2),
        normal<tf.Rank.R2>([33, 10], 3),
      ];
      return tf.grads((x, y) => tf.matMul(x!, y!))([a, b], dy);
    };
    expectClose(await native(gradients), await stock(gradients), 2e-6);
  });

  it('leaves integers to stock tfjs', () => {
    const a = tf.tensor2d(
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
      'int32',
    );
    expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
  });
});
