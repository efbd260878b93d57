import * as tf from '@tensorflow/tfjs';

/**
 * As `tf.tidy`, for a result that holds no tensors and may be large. `tf.tidy` looks for tensors in all of its result: of an array it
 * makes a text of each index, some 40 bytes for each number.
 */
export function tidyValues<T>(compute: () => T): T {
  let result: { readonly value: T } | undefined;
  tf.tidy(() => {
    result = { value: compute() };
  });
  return result!.value;
}
