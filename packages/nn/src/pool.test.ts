import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from './gradients.ts';
import { averagePool3x3, maxPool3x3 } from './pool.ts';

beforeAll(() => tf.setBackend('cpu'));

const sizes = fc.record({
  height: fc.integer({ min: 1, max: 8 }),
  width: fc.integer({ min: 1, max: 8 }),
  stride: fc.constantFrom(1, 2),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

/** The values inside each 3x3 window of one channel. */
function windows(x: number[][], stride: number): number[][][] {
  const centers = (size: number) =>
    Array.from({ length: Math.floor((size - 1) / stride) + 1 }, (_, i) => i * stride);
  return centers(x.length).map((row) =>
    centers(x[0]!.length).map((column) =>
      [-1, 0, 1].flatMap((i) => [-1, 0, 1].flatMap((j) => x[row + i]?.[column + j] ?? [])),
    ),
  );
}

describe('3x3 pools', () => {
  it('average and take the largest of what lies inside the map', () => {
    fc.assert(
      fc.property(sizes, ({ height, width, stride, seed }) =>
        tf.tidy(() => {
          const x = tf.randomNormal([height, width], -2, 1, 'float32', seed);
          const seen = windows(x.arraySync() as number[][], stride);
          const check = (y: tf.Tensor4D, of: (values: number[]) => number) => {
            const expected = seen.flatMap((row) => row.map(of));
            expect(y.shape).toEqual([1, seen.length, seen[0]!.length, 1]);
            [...y.dataSync()].forEach((value, i) => {
              expect(value).toBeCloseTo(expected[i]!, 5);
            });
          };
          const map = x.reshape<tf.Tensor4D>([1, height, width, 1]);
          check(averagePool3x3(map, stride), (values) => values.reduce((a, b) => a + b) / values.length);
          check(maxPool3x3(map, stride), (values) => Math.max(...values));
        }),
      ),
    );
  });

  it('have a gradient: each window of an average hands out as much as it gets', () => {
    fc.assert(
      fc.property(sizes, ({ height, width, stride, seed }) =>
        tf.tidy(() => {
          const x = tf.randomNormal([2, height, width, 3], 0, 1, 'float32', seed) as tf.Tensor4D;
          for (const pool of [averagePool3x3, maxPool3x3]) {
            const { loss, gradients } = valueAndGradients(
              () => {
                const y = pool(x, stride);
                return y.mul(tf.randomNormal(y.shape, 0, 1, 'float32', seed + 1)).sum() as tf.Scalar;
              },
              { x },
            );
            // Both are homogeneous of degree 1, so by Euler's theorem the gradient times x is the value.
            expect(gradients.x!.mul(x).sum().dataSync()[0]).toBeCloseTo(loss.dataSync()[0]!, 3);
          }
        }),
      ),
      { numRuns: 30 },
    );
  });

  it('give the gradient of a maximum to the first of equals in row-major order', () => {
    const x = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
    const { gradients } = valueAndGradients(() => maxPool3x3(x, 2).sum() as tf.Scalar, { x });
    expect([...gradients.x!.dataSync()]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0]);
  });
});
