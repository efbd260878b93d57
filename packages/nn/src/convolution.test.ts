import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { convolution, separableConv } from './convolution.ts';
import { valueAndGradients } from './gradients.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Depthwise convolution with symmetric padding, by the definition. */
function depthwise(
  x: number[][][][],
  filter: number[][][][],
  { stride, dilation }: { stride: number; dilation: number },
): number[][][][] {
  const k = filter.length;
  const pad = (dilation * (k - 1)) / 2;
  const places = (size: number) =>
    Array.from({ length: Math.floor((size - 1) / stride) + 1 }, (_, i) => i * stride - pad);
  return x.map((image) =>
    places(image.length).map((top) =>
      places(image[0]!.length).map((left) =>
        image[0]![0]!.map((_, c) => {
          let sum = 0;
          for (let i = 0; i < k; i++) {
            for (let j = 0; j < k; j++) {
              const value = image[top + i * dilation]?.[left + j * dilation]?.[c] ?? 0;
              sum += value * filter[i]![j]![c]![0]!;
            }
          }
          return sum;
        }),
      ),
    ),
  );
}

const close = (a: tf.Tensor, b: tf.Tensor, tolerance = 1e-5) => {
  expect(a.shape).toEqual(b.shape);
  const scale = Math.max(1, b.abs().max().dataSync()[0]!);
  expect(a.sub(b).abs().max().dataSync()[0]! / scale).toBeLessThan(tolerance);
};

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 4 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  size: fc.constantFrom(1, 3, 5),
  stride: fc.constantFrom(1, 2),
  dilation: fc.constantFrom(1, 2),
});

describe('separableConv', () => {
  it('is ReLU, depthwise with symmetric padding, pointwise, for any stride and dilation', () => {
    fc.assert(
      fc.property(shapes, ({ seed, height, width, channels, outputs, size, stride, dilation }) =>
        tf.tidy(() => {
          const x = normal([2, height, width, channels], seed) as tf.Tensor4D;
          const d = normal([size, size, channels, 1], seed + 1);
          const p = normal([1, 1, channels, outputs], seed + 2);
          const features = tf.tensor(
            depthwise(tf.relu(x).arraySync() as never, d.arraySync() as never, { stride, dilation }),
          );
          const expected = features.reshape([-1, channels]).matMul(p.reshape([channels, outputs]));
          const y = separableConv(x, d, p, { stride, dilation });
          close(y, expected.reshape([2, features.shape[1]!, features.shape[2]!, outputs]));
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('has the gradients that a map has which is linear in each argument (for x: as far as it is positive)', () => {
    fc.assert(
      fc.property(shapes, ({ seed, height, width, channels, outputs, size, stride, dilation }) =>
        tf.tidy(() => {
          const targets = {
            x: normal([2, height, width, channels], seed).abs(),
            d: normal([size, size, channels, 1], seed + 1),
            p: normal([1, 1, channels, outputs], seed + 2),
          };
          const { loss, gradients } = valueAndGradients(() => {
            const y = separableConv(targets.x as tf.Tensor4D, targets.d, targets.p, { stride, dilation });
            return y.mul(normal(y.shape, seed + 3)).sum() as tf.Scalar;
          }, targets);
          for (const [name, target] of Object.entries(targets)) {
            close(gradients[name]!.mul(target).sum(), loss, 1e-4);
          }
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('says which filters fit', () => {
    const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);
    const p = tf.zeros([1, 1, 2, 2]);
    expect(() => separableConv(x, tf.zeros([3, 3, 3, 1]), p)).toThrow('got 1,4,4,2 and 3,3,3,1');
    expect(() => separableConv(x, tf.zeros([2, 2, 2, 1]), p)).toThrow('odd k');
    expect(() => separableConv(x, tf.zeros([3, 3, 2, 1]), tf.zeros([1, 1, 3, 2]))).toThrow(
      '1,1,2,M, got 1,1,3,2',
    );
  });
});

describe('convolution', () => {
  it('pads the same on all sides, for stride 2 too', () => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 1, 4, 1]);
    const filter = tf.tensor4d([0, 0, 0, 1, 10, 100, 0, 0, 0], [3, 3, 1, 1]);
    expect([...convolution(x, filter, { stride: 2 }).dataSync()]).toEqual([210, 432]);
  });

  it('with dilation is a convolution with zeros between the taps', () => {
    const x = normal([2, 7, 5, 3], 1) as tf.Tensor4D;
    const filter = normal([3, 3, 3, 2], 2);
    const spread = tf.buffer([5, 5, 3, 2]);
    const taps = filter.arraySync() as number[][][][];
    taps.forEach((row, i) => {
      row.forEach((tap, j) => {
        tap.forEach((channel, c) => {
          channel.forEach((value, m) => {
            spread.set(value, 2 * i, 2 * j, c, m);
          });
        });
      });
    });
    close(convolution(x, filter, { dilation: 2 }), convolution(x, spread.toTensor()));
    expect(() => convolution(x, filter, { dilation: 2, stride: 2 })).toThrow('the stride is 1, got 2');
  });
});
