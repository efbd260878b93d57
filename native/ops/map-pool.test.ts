import * as tf from '@tensorflow/tfjs';
import { type DerivedCellPlan, derivedCell } from '@unnas/nn';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

type Shape = [number, number, number, number];

/** Pools alone, of both inputs and of a node. */
const plan = (reduction: boolean): DerivedCellPlan => ({
  edges: [
    { node: 2, input: 0, kind: 'max_pool' },
    { node: 2, input: 1, kind: 'average_pool' },
    { node: 3, input: 1, kind: 'max_pool' },
    { node: 3, input: 2, kind: 'average_pool' },
  ],
  ...{ concat: [2, 3], reduction, affine: false },
});

const pools = (states: readonly tf.Tensor[], reduction: boolean) =>
  derivedCell([states[0] as tf.Tensor4D, states[1] as tf.Tensor4D], tf.tensor1d([]), plan(reduction)).y;

describe('the pools of a cell', () => {
  beforeAll(useNative);

  it('are the maxima and averages of what lies inside, with the gradient at the first of several maxima', async () => {
    const size = fc.integer({ min: 1, max: 9 });
    const cases = fc.record({
      shape: fc.tuple(fc.integer({ min: 1, max: 2 }), size, size, fc.integer({ min: 1, max: 20 })),
      reduction: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, reduction }) => {
        const f = () => {
          // Few different values, so that windows have several maxima.
          const states = [1, 2].map((seed) => normal<tf.Rank.R4>(shape, seed).mul(1.5).round());
          const y = pools(states, reduction);
          const dy = normal<tf.Rank.R4>(y.shape as Shape, 3);
          return [y, ...tf.grads((...given) => pools(given, reduction))(states, dy)];
        };
        const expected = await stock(f);
        await forEachIsa(async () => expectClose(await native(f), expected, 1e-6));
      }),
      { numRuns: runs(40) },
    );
  });

  it('keep a NaN that is the first of its window and no other', async () => {
    const y = await native(() => {
      const values = Float32Array.from({ length: 16 }, (_, i) => i);
      values[5] = Number.NaN;
      const x = tf.tensor4d(values, [1, 4, 4, 1]);
      const edges = [{ node: 2, input: 0, kind: 'max_pool' }] as const;
      const none = tf.tensor1d([]);
      return [derivedCell([x, x], none, { edges, concat: [2], reduction: false, affine: false }).y];
    });
    expect([...y[0]!.values]).toEqual([4, 6, 7, 7, 9, 10, 11, 11, 13, 14, Number.NaN, 15, 13, 14, 15, 15]);
  });
});
