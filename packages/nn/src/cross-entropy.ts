import * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

interface CrossEntropyAttrs {
  /** Label of rows that do not count; `NO_LABEL` where all do. */
  readonly ignore: number;
  /** Rows that count. */
  readonly counted: number;
}

/** No label is that, nor one that is none by mistake. */
const NO_LABEL = -(2 ** 31);

const fused = op<CrossEntropyAttrs>({
  name: 'UnnasCrossEntropy',
  reference: ([logits, labels], { ignore, counted }) => {
    const classes = logits!.shape[1]!;
    const target = tf.tidy(() => {
      // No class at all for rows that do not count.
      const kept = tf.where(labels!.equal(ignore), tf.onesLike(labels!).neg(), labels!);
      return tf.oneHot(kept.toInt() as tf.Tensor1D, classes, 1, 0, 'float32');
    });
    return [tf.logSoftmax(logits!).mul(target).sum().div(-Math.max(1, counted))];
  },
});

/**
 * Softmax cross-entropy, mean over all rows: -1/R sum_r log softmax(logits_r)[labels_r].
 *
 * @param logits ...,K, for example N,K or N,H,W,K
 * @param labels int32 of the shape of the logits without the last axis, values 0..K-1
 * @param options `ignore`: a label whose rows do not count at all; where no row counts the loss is 0
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
  let counted = 0;
  for (const label of labels.dataSync<'int32'>()) {
    if (label === ignore) continue;
    if (label < 0 || label >= classes) {
      throw new RangeError(`crossEntropy: labels are 0..${classes - 1} for ${classes} classes, got ${label}`);
    }
    counted++;
  }
  const [flatLogits, flatLabels] = [logits.reshape([rows, classes]), labels.reshape([rows])];
  return fused([flatLogits, flatLabels], { ignore: ignore ?? NO_LABEL, counted })[0] as tf.Scalar;
}
