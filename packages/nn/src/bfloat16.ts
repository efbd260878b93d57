import * as tf from '@tensorflow/tfjs';

/** What maps are kept as between the forward and the backward pass. Arithmetic is in float32 in any case. */
export type Activations = (typeof ACTIVATIONS)[number];
export const ACTIVATIONS = ['float32', 'bfloat16'] as const;

/**
 * Rounds to the nearest bfloat16, the upper half of a float32; ties to even. The gradient passes as if nothing had been
 * rounded. This is the definition that kernels are held against: it reads the values, and so is slow.
 */
export const roundToBfloat16: (x: tf.Tensor) => tf.Tensor = tf.customGrad((input) => {
  const x = input as tf.Tensor;
  const values = Float32Array.from(x.dataSync());
  const bits = new Uint32Array(values.buffer);
  for (const [i, word] of bits.entries()) {
    const upper = Number.isNaN(values[i])
      ? (word >>> 16) | 0x40
      : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
    bits[i] = upper << 16;
  }
  return { value: tf.tensor(values, x.shape), gradFunc: (dy: tf.Tensor) => dy };
});
