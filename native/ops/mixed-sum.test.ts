import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, kernel, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

interface Case {
  readonly shape: [number, number, number, number];
  readonly normalise: readonly boolean[];
  /** What is added to the maps: batch norm takes it away again. */
  readonly offset: number;
}

const epsilon = 1e-3;
const cases: fc.Arbitrary<Case> = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 7 }),
    fc.integer({ min: 2, max: 7 }),
    fc.integer({ min: 1, max: 37 }),
  ),
  normalise: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  offset: fc.constantFrom(0, 3),
});

const inputs = ({ shape, normalise, offset }: Case) => ({
  weights: normal<tf.Rank.R1>([normalise.length], 1),
  maps: normalise.map((_, k) => normal<tf.Rank.R4>(shape, k + 2).add(offset)),
  dy: normal<tf.Rank.R4>(shape, 77),
});

function statistics(x: tf.Tensor): { mean: tf.Tensor; variance: tf.Tensor } {
  const mean = x.mean([0, 1, 2]);
  return { mean, variance: x.sub(mean).square().mean([0, 1, 2]) };
}

function reference(weights: tf.Tensor, maps: tf.Tensor[], normalise: readonly boolean[]): tf.Tensor {
  const terms = maps.map((x, k) => {
    const { mean, variance } = statistics(x);
    const term = normalise[k] ? x.sub(mean).div(variance.add(epsilon).sqrt()) : x;
    return term.mul(weights.slice([k], [1]).reshape([]));
  });
  return tf.addN(terms);
}

describe('the mixed sum', () => {
  beforeAll(useNative);

  it('is the weighted sum of the maps, normalised where asked', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const expected = await stock(() => {
          const { weights, maps } = inputs(c);
          const all = maps.map(statistics);
          const channels = c.shape[3];
          return [
            reference(weights, maps, c.normalise),
            tf.stack(all.map(({ mean }, k) => (c.normalise[k] ? mean : tf.zeros([channels])))),
            tf.stack(all.map(({ variance }, k) => (c.normalise[k] ? variance : tf.ones([channels])))),
          ];
        });
        const actual = await native(() => {
          const { weights, maps } = inputs(c);
          return kernel('UnnasMixedSum', [weights, ...maps], { normalise: c.normalise, epsilon });
        });
        expectClose(actual, expected, 3e-6);
      }),
      { numRuns: runs(40) },
    );
  });

  it('has the gradient of its reference', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const expected = await stock(() => {
          const { weights, maps, dy } = inputs(c);
          return tf.grads((w: tf.Tensor, ...xs: tf.Tensor[]) => reference(w, xs, c.normalise))(
            [weights, ...maps],
            dy,
          );
        });
        const actual = await native(() => {
          const { weights, maps, dy } = inputs(c);
          const attrs = { normalise: c.normalise, epsilon };
          const [, mean, variance] = kernel('UnnasMixedSum', [weights, ...maps], attrs);
          return kernel('UnnasMixedSumGrad', [weights, ...maps, mean!, variance!, dy], attrs);
        });
        // Where a map has nearly no variance, both sides have only the digits that survive the subtraction.
        expectClose(actual, expected, 2e-4);
      }),
      { numRuns: runs(40) },
    );
  });

  it('keeps its digits far from zero, however the data are ordered', async () => {
    const pixels = 64 * 64 * 4;
    const far = Float32Array.from({ length: pixels * 3 }, (_, i) =>
      i < 3000 ? 0 : 4096 + (Math.floor(i / 3) % 2) * (1 + (i % 3)),
    );
    const [, mean, variance] = await native(() =>
      kernel('UnnasMixedSum', [tf.tensor1d([1]), tf.tensor4d(far, [4, 64, 64, 3])], {
        normalise: [true],
        epsilon,
      }),
    );
    for (const c of [0, 1, 2]) {
      const channel = Array.from({ length: pixels }, (_, p) => far[p * 3 + c]!);
      const exact = channel.reduce((sum, x) => sum + x, 0) / pixels;
      const spread = channel.reduce((sum, x) => sum + (x - exact) ** 2, 0) / pixels;
      expect(Math.abs(mean!.values[c]! / exact - 1)).toBeLessThan(2e-7);
      expect(Math.abs(variance!.values[c]! / spread - 1)).toBeLessThan(2e-7);
    }
  });

  it('lets NaN and infinity through in their channel alone', async () => {
    const x = Float32Array.from({ length: 8 * 3 }, (_, i) => i);
    x[1] = Number.NaN;
    x[5] = Number.POSITIVE_INFINITY;
    const [y] = await native(() =>
      kernel('UnnasMixedSum', [tf.tensor1d([1]), tf.tensor4d(x, [1, 2, 4, 3])], {
        normalise: [true],
        epsilon,
      }),
    );
    for (const [i, value] of y!.values.entries()) expect(Number.isNaN(value)).toBe(i % 3 !== 0);
  });
});
