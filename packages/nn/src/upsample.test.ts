import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from './gradients.ts';
import { upsample } from './upsample.ts';

beforeAll(() => tf.setBackend('cpu'));

const side = fc.integer({ min: 1, max: 9 });

describe('upsample', () => {
  it('is the bilinear resizing of stock tfjs with aligned corners', () => {
    fc.assert(
      fc.property(side, side, side, side, (h, w, height, width) =>
        tf.tidy(() => {
          const x = tf.randomNormal([2, h, w, 3], 0, 1, 'float32', 1 + h + 9 * w) as tf.Tensor4D;
          const expected = tf.image.resizeBilinear(x, [height, width], true);
          const y = upsample(x, [height, width]);
          expect(y.shape).toEqual([2, height, width, 3]);
          expect(y.sub(expected).abs().max().dataSync()[0]).toBeLessThan(1e-5);
        }),
      ),
    );
  });

  it('has a gradient for maps that are not square', () => {
    const x = tf.randomNormal([1, 2, 3, 2], 0, 1, 'float32', 1) as tf.Tensor4D;
    const { loss, gradients } = valueAndGradients(
      () =>
        upsample(x, [5, 4])
          .mul(tf.randomNormal([1, 5, 4, 2], 0, 1, 'float32', 2))
          .sum() as tf.Scalar,
      { x },
    );
    // The map is linear.
    expect(gradients.x!.mul(x).sum().dataSync()[0]).toBeCloseTo(loss.dataSync()[0]!, 4);
  });
});
