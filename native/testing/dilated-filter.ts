import * as tf from '@tensorflow/tfjs';

/**
 * A filter [k, k, C, M] with zeros between its taps: what `dilation` means, for stock tfjs, which has no gradient of dilated
 * convolutions and no stride together with a dilation.
 */
export function dilatedFilter(filter: tf.Tensor4D, [rows, columns]: readonly [number, number]): tf.Tensor4D {
  const [height, width, channels, outputs] = filter.shape;
  const stuff = (x: tf.Tensor4D, axis: 0 | 1, dilation: number): tf.Tensor4D => {
    const size = x.shape[axis];
    if (dilation === 1 || size === 1) return x;
    const shape = [...x.shape] as [number, number, number, number];
    shape[axis] = dilation - 1;
    const parts = tf.split(x, size, axis).flatMap((part) => [part, tf.zeros(shape)]);
    return tf.concat(parts.slice(0, -1), axis) as tf.Tensor4D;
  };
  return stuff(stuff(filter, 0, rows), 1, columns).reshape([
    (height - 1) * rows + 1,
    (width - 1) * columns + 1,
    channels,
    outputs,
  ]);
}

/** Zeros around the two middle dimensions of x [N, H, W, C]. */
export const padImage = (
  x: tf.Tensor4D,
  padding: readonly [[number, number], [number, number]],
): tf.Tensor4D => tf.pad(x, [[0, 0], padding[0], padding[1], [0, 0]]);
