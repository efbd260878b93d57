import * as tf from '@tensorflow/tfjs';

/**
 * Tells the backend of the moment about how many bytes of activations training steps will need, before the first of them: one that
 * can takes them from the system meanwhile, so that the first step does not wait for it. Only a hint; other backends ignore it.
 */
export function expectMemory(bytes: number): void {
  const backend = tf.backend() as { expectMemory?: (bytes: number) => void };
  if (bytes > 0) backend.expectMemory?.(bytes);
}
