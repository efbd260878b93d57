import type * as tf from '@tensorflow/tfjs';

/**
 * How many rows of `logits` [rows, classes] have their largest value at the row's class in `y` [rows]. The first of equal
 * values counts, and a row without any number counts as wrong.
 */
export function topOne(logits: tf.Tensor, y: tf.Tensor): number {
  const classes = logits.shape.at(-1)!;
  const values = logits.dataSync();
  const labels = y.dataSync();
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    let best = -Infinity;
    let guess = -1;
    for (let k = 0; k < classes; k++) {
      const value = values[row * classes + k]!;
      if (value > best) {
        best = value;
        guess = k;
      }
    }
    if (guess === labels[row]) right++;
  }
  return right;
}
