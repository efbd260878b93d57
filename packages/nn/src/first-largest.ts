import * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

const fused = op<object>({
  name: 'UnnasFirstLargest',
  differentiable: false,
  reference: ([x]) => {
    const [rows, columns] = x!.shape as [number, number];
    const values = x!.dataSync<'float32'>();
    const places = new Int32Array(rows).fill(-1);
    for (let row = 0, at = 0; row < rows; row++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < columns; k++, at++) {
        const value = values[at]!;
        if (value > best) {
          best = value;
          places[row] = k;
        }
      }
    }
    return [tf.tensor1d(places, 'int32')];
  },
});

/**
 * Of each row of x [R, K] the place of its largest value, the first of equal ones: int32 [R]. What is not a number is smaller than all
 * numbers; a row without any number above minus infinity gives -1. It has no gradient.
 */
export function firstLargest(x: tf.Tensor2D): tf.Tensor1D {
  return fused([x], {})[0] as tf.Tensor1D;
}
