import * as tf from '@tensorflow/tfjs';

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

/**
 * Bilinear up-sampling, corner on corner: value i of H comes from place i (h - 1) / (H - 1) of h (`align_corners` in other
 * libraries). Written as two products of matrices, since stock tfjs's gradient of it mixes up height and width.
 *
 * @param x N,h,w,C
 * @returns N,H,W,C
 */
export function upsample(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const rows = tf.matMul(
    interpolation(h, height).expandDims<tf.Tensor3D>(0),
    x.reshape<tf.Tensor3D>([n, h, w * c]),
  );
  const columns = tf.matMul(
    interpolation(w, width).expandDims<tf.Tensor3D>(0),
    rows.reshape<tf.Tensor3D>([n * height, w, c]),
  );
  return columns.reshape([n, height, width, c]);
}
