import * as tf from '@tensorflow/tfjs';

/**
 * The values of several tensors in one, one tensor behind the other. Whatever handles tensors (the tape, memory, optimisers, the way
 * into a kernel) does some work for each of them, however small it is: so an op over hundreds of parameters takes them packed.
 */
export function pack(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tensors.length === 0 ? tf.tensor1d([]) : tf.concat(tensors.map((tensor) => tensor.flatten()));
}

/** Back to tensors of these shapes. Gradients flow through both ways. @throws RangeError if the sizes do not add up */
export function unpack(packed: tf.Tensor, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  const sizes = shapes.map((shape) => shape.reduce((size, side) => size * side, 1));
  const size = sizes.reduce((sum, one) => sum + one, 0);
  if (packed.size !== size)
    throw new RangeError(`expected ${sizes.length} tensors of ${size} numbers together, got ${packed.size}`);
  // tfjs has no gradient of a split into one part.
  const parts = sizes.length > 1 ? tf.split(packed, sizes) : sizes.map(() => packed);
  return parts.map((part, i) => part.reshape(shapes[i] as number[]));
}
