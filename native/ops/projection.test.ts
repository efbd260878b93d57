import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { expectClose, kernel, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

interface Case {
  readonly x: [number, number, number, number];
  readonly filters: 1 | 2;
  /** Of a filter. */
  readonly columns: number;
  readonly affine: boolean;
}

const EPSILON = 1e-5;
const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(8, 16, 32));
// Of one channel the norm takes away all that a filter does: its gradient is nothing but rounding.
const channels = fc.oneof(fc.integer({ min: 2, max: 50 }), fc.constantFrom(6, 10, 12, 16, 36, 42, 48, 64));
const cases: fc.Arbitrary<Case> = fc.record({
  x: fc.tuple(fc.integer({ min: 2, max: 4 }), size, size, channels),
  filters: fc.constantFrom<1 | 2>(1, 2),
  columns: channels,
  affine: fc.boolean(),
});

function inputs({ x, filters, columns, affine }: Case): tf.Tensor[] {
  const filter = (_: unknown, i: number) =>
    normal<tf.Rank.R4>([1, 1, x[3], columns], 2 + i).div(Math.sqrt(x[3]));
  const outputs = [filters * columns] as [number];
  return [
    normal<tf.Rank.R4>(x, 1),
    ...Array.from({ length: filters }, filter),
    ...(affine ? [normal<tf.Rank.R1>(outputs, 5), normal<tf.Rank.R1>(outputs, 6)] : []),
  ];
}

/** Written with sums of its own, not with those of @unnas/nn. */
function reference([x, ...others]: tf.Tensor[], { filters }: Case): tf.Tensor[] {
  const active = tf.relu(x as tf.Tensor4D);
  const [, height, width] = active.shape as [number, number, number];
  const parts = others.slice(0, filters).map((filter, odd) => {
    if (filters === 1) return tf.conv2d(active, filter as tf.Tensor4D, 1, 'valid');
    const rows = tf
      .pad(active, [
        [0, 0],
        [0, 2],
        [0, 2],
        [0, 0],
      ])
      .slice([0, odd, odd, 0], [-1, height, width, -1]);
    return tf.conv2d(rows as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same');
  });
  const z = tf.concat(parts, 3);
  const mean = z.mean([0, 1, 2]);
  const variance = z.sub(mean).square().mean([0, 1, 2]);
  const normal = z.sub(mean).div(variance.add(EPSILON).sqrt());
  const [gamma, beta] = others.slice(filters);
  return [gamma ? normal.mul(gamma).add(beta!) : normal, mean, variance];
}

describe('projection', () => {
  beforeAll(useNative);

  const check = async (one: Case) => {
    const attrs = { epsilon: EPSILON, filters: one.filters, affine: one.affine };
    const outputs = await stock(() => reference(inputs(one), one));
    const dy = () => normal<tf.Rank.R4>(outputs[0]!.shape as [number, number, number, number], 9);
    const gradients = await stock(() =>
      tf.grads((...xs: tf.Tensor[]) => reference(xs, one)[0]!)(inputs(one), dy()),
    );
    // Of few pixels the deviation may be next to nothing, and rounding then counts for much.
    const few = one.x[0] * one.x[1] * one.x[2] < 32;
    const [near, far] = few ? [1e-4, 1e-3] : [1e-5, 2e-5];
    await forEachIsa(async () => {
      const forward = () => kernel('UnnasProjection', inputs(one), attrs);
      const backward = (weights: boolean) =>
        kernel('UnnasProjectionGrad', [...inputs(one), ...forward(), dy()], { ...attrs, weights });
      expectClose((await native(forward)).slice(0, 3), outputs, near);
      expectClose(await native(() => backward(true)), gradients, far);
      expectClose(await native(() => backward(false)), gradients.slice(0, 1), far);
    });
  };

  it('is ReLU, convolution and batch norm, with their gradients', async () => {
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: runs(25) });
  });

  it.each<Case>([
    { x: [2, 32, 32, 64], filters: 1, columns: 16, affine: false },
    { x: [2, 16, 16, 64], filters: 2, columns: 16, affine: false },
    { x: [2, 15, 17, 36], filters: 2, columns: 21, affine: true }, // odd sizes, halves that begin between lanes
    { x: [3, 33, 31, 10], filters: 1, columns: 6, affine: true }, // several pieces of work, the last one short
    { x: [2, 9, 9, 200], filters: 2, columns: 50, affine: true },
  ])('holds for $x, $filters filters of $columns columns, affine $affine', check);

  it('refuses shapes that do not fit', () => {
    const [x] = inputs({ x: [1, 4, 4, 3], filters: 1, columns: 2, affine: false });
    expect(() =>
      kernel('UnnasProjection', [x!, tf.zeros([1, 1, 4, 2])], {
        epsilon: EPSILON,
        filters: 1,
        affine: false,
      }),
    ).toThrow('cannot take inputs [1,4,4,3] [1,1,4,2]');
  });
});
