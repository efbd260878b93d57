import * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

/** How many of the three places around each position of an axis lie inside it. */
function inside(size: number, stride: number): number[] {
  return Array.from({ length: Math.floor((size - 1) / stride) + 1 }, (_, i) => {
    const center = i * stride;
    return Math.min(center + 1, size - 1) - Math.max(center - 1, 0) + 1;
  });
}

const fused = op<{ readonly stride: number }>({
  name: 'UnnasAveragePool3x3',
  reference: ([x], { stride }) => {
    // Stock tfjs leaves the padding out of the average, but its gradient divides by the whole window; without padding
    // they agree, so the padding is made of explicit zeros and the divisor is put right afterwards.
    const [, height, width] = x!.shape as tf.Tensor4D['shape'];
    const one: [number, number] = [1, 1];
    const padded = x!.pad([[0, 0], one, one, [0, 0]]) as tf.Tensor4D;
    const correction = tf.tidy(() => {
      const rows = tf.tensor(inside(height, stride)).reshape([1, -1, 1, 1]);
      const columns = tf.tensor(inside(width, stride)).reshape([1, 1, -1, 1]);
      return tf.scalar(9).div(rows.mul(columns));
    });
    return [tf.avgPool(padded, 3, stride, 'valid').mul(correction)];
  },
});

/**
 * 3x3 average pooling with padding 1 that does not count.
 *
 * @param x N,H,W,C
 * @returns N,OH,OW,C with OH = floor((H - 1) / stride) + 1
 */
export function averagePool3x3(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  return fused([x], { stride })[0] as tf.Tensor4D;
}

/**
 * 3x3 max pooling with padding 1 that never wins. The gradient goes to the first maximum of a window in row-major order.
 *
 * @param x N,H,W,C
 * @returns N,OH,OW,C with OH = floor((H - 1) / stride) + 1
 */
export function maxPool3x3(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  return tf.maxPool(x, 3, stride, 1);
}
