import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

describe('softmax', () => {
  beforeAll(useNative);

  it('is the definition in doubles, and so is its gradient', async () => {
    const shapes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70 }));
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(0.1, 3), async (shape, width) => {
        const inputs = () => [normal<tf.Rank.R2>(shape, 1).mul(width), normal<tf.Rank.R2>(shape, 2)] as const;
        const [softmax, gradient] = await native(() => {
          const [x, dy] = inputs();
          return [tf.softmax(x), tf.grad((t) => tf.softmax(t).mul(dy).sum())(x)];
        });
        const [x, dy] = inputs().map((tensor) => tensor.arraySync() as number[][]) as [
          number[][],
          number[][],
        ];
        x.forEach((row, r) => {
          const shares = row.map((value) => Math.exp(value - Math.max(...row)));
          const total = shares.reduce((sum, share) => sum + share);
          const mean = shares.reduce((sum, share, c) => sum + (share / total) * dy[r]![c]!, 0);
          shares.forEach((share, c) => {
            const [at, exact] = [r * shape[1] + c, share / total];
            // The rounding of x - max in float32 is a relative error of the share.
            const rounding = 2 ** -24 * (Math.max(...row) - row[c]!);
            expect(Math.abs(softmax!.values[at]! - exact)).toBeLessThan((1e-6 + rounding) * exact);
            // The gradient is a difference of numbers as large as these.
            const scale = exact * (Math.abs(dy[r]![c]!) + Math.max(...dy[r]!.map(Math.abs)));
            expect(Math.abs(gradient!.values[at]! - exact * (dy[r]![c]! - mean))).toBeLessThan(
              (2e-6 + rounding) * scale,
            );
          });
        });
      }),
      { numRuns: runs(40) },
    );
  });

  it('has its relative accuracy down to the smallest probabilities', async () => {
    const x = Float32Array.from({ length: 860 }, (_, i) => -i / 10);
    const [y] = await native(() => [tf.softmax(tf.tensor1d(x))]);
    const sum = x.reduce((total, value) => total + Math.exp(value), 0);
    for (const [i, value] of x.entries()) {
      const exact = Math.exp(value) / sum;
      if (exact > 1.2e-38) expect(Math.abs(y!.values[i]! / exact - 1)).toBeLessThan(5e-7);
    }
  });

  it('treats NaN and infinities as stock tfjs does', async () => {
    const inf = Number.POSITIVE_INFINITY;
    const f = () => [
      tf.softmax(
        tf.tensor2d([1, Number.NaN, 2, 1, inf, 2, 1, -inf, 2, -inf, -inf, -inf, 0, -500, 500], [5, 3]),
      ),
      tf.softmax(tf.zeros([2, 0])),
    ];
    expectClose(await native(f), await stock(f), 1e-6);
  });
});
