import * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

/** The weights of `from` values in each of `to` values between them, to x from; the first and last values stay. */
function interpolation(from: number, to: number): tf.Tensor2D {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const source = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const before = Math.min(Math.floor(source), from - 1);
    const after = Math.min(before + 1, from - 1);
    weights[i * from + before]! += 1 - (source - before);
    weights[i * from + after]! += source - before;
  }
  return tf.tensor2d(weights, [to, from]);
}

const fused = op<{ height: number; width: number }>({
  name: 'UnnasUpsample',
  // Two products of matrices: stock tfjs's gradient of its own resizing mixes up height and width.
  reference: ([x], { height, width }) => {
    const [n, h, w, c] = (x as tf.Tensor4D).shape;
    const rows = tf.matMul(
      interpolation(h, height).expandDims<tf.Tensor3D>(0),
      x!.reshape<tf.Tensor3D>([n, h, w * c]),
    );
    const columns = tf.matMul(
      interpolation(w, width).expandDims<tf.Tensor3D>(0),
      rows.reshape<tf.Tensor3D>([n * height, w, c]),
    );
    return [columns.reshape([n, height, width, c])];
  },
});

/**
 * Bilinear up-sampling, corner on corner: value i of H comes from place i (h - 1) / (H - 1) of h (`align_corners` in other
 * libraries).
 *
 * @param x N,h,w,C
 * @returns N,H,W,C
 */
export function upsample(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  return fused([x], { height, width })[0] as tf.Tensor4D;
}
