import * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

const fused = op<object>({
  name: 'UnnasCrossEntropy',
  reference: ([logits, labels]) => {
    const [rows, classes] = logits!.shape as [number, number];
    const target = tf.oneHot(labels as tf.Tensor1D, classes, 1, 0, 'float32');
    return [tf.logSoftmax(logits!).mul(target).sum().div(-rows)];
  },
});

/**
 * Softmax cross-entropy, mean over all rows: -1/R sum_r log softmax(logits_r)[labels_r].
 *
 * @param logits ...,K, for example N,K or N,H,W,K
 * @param labels int32 of the shape of the logits without the last axis, values 0..K-1
 * @param options `ignore`: a label whose rows do not count at all
 */
export function crossEntropy(
  logits: tf.Tensor,
  labels: tf.Tensor,
  { ignore }: { readonly ignore?: number } = {},
): tf.Scalar {
  const classes = logits.shape.at(-1)!;
  const rows = logits.size / classes;
  if (labels.dtype !== 'int32' || labels.size !== rows) {
    throw new RangeError(
      `crossEntropy: ${rows} rows of logits go with as many int32 labels, got ${labels.size} of ${labels.dtype}`,
    );
  }
  const values = labels.dataSync<'int32'>();
  const wrong = values.find((label) => label !== ignore && (label < 0 || label >= classes));
  if (wrong !== undefined) {
    throw new RangeError(`crossEntropy: labels are 0..${classes - 1} for ${classes} classes, got ${wrong}`);
  }
  const flatLogits = logits.reshape([rows, classes]);
  const counted = values.reduce((count, label) => count + (label === ignore ? 0 : 1), 0);
  if (counted === rows) return fused([flatLogits, labels.reshape([rows])], {})[0] as tf.Scalar;
  if (counted === 0) throw new RangeError(`crossEntropy: all labels are ${ignore}, which does not count`);
  const target = tf.tidy(() => {
    // No class at all for rows that do not count.
    const kept = tf.tensor1d(
      values.map((label) => (label === ignore ? -1 : label)),
      'int32',
    );
    return tf.oneHot(kept, classes, 1, 0, 'float32');
  });
  return tf.logSoftmax(flatLogits).mul(target).sum().div(-counted);
}
