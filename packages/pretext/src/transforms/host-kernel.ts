import * as tf from '@tensorflow/tfjs';

/**
 * Calls the kernel of this name of the current backend, or the reference where the backend has none. All data are host arrays in
 * `attrs`, among them those that the results are written to; the kernel takes no tensors and gives none.
 */
export function runHostKernel<Attrs extends object>(
  name: string,
  attrs: Attrs,
  reference: (attrs: Attrs) => void,
): void {
  const kernel = tf.getKernel(name, tf.getBackend());
  if (kernel === undefined) reference(attrs);
  else kernel.kernelFunc({ inputs: {}, attrs: attrs as never, backend: tf.backend() });
}
