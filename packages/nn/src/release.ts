import * as tf from '@tensorflow/tfjs';

let release = () => {};

/**
 * Frees what a gradient function no longer needs, before tfjs would: it keeps all activations and all gradients until the backward pass
 * ends, which doubles the memory of a training step. Gradients are computed one after another, so what one needed is free when the
 * next one begins; until then tfjs may still ask it for more.
 *
 * @param tensors what tfjs saved for this gradient, and the gradients of its outputs
 * @param result a gradient made by it
 */
export function releaseLater(tensors: readonly tf.Tensor[], result: tf.Tensor): void {
  release();
  // Inside another gradient the same tensors may be needed again.
  const { gradientDepth } = tf.engine().state;
  // A gradient that came from outside (`tf.grad(f)(x, dy)`) is not ours; those of the backward pass lie in one scope. The saved
  // tensors are copies that tfjs made for this gradient alone, and marked as kept.
  const own = tensors.filter(({ kept, scopeId }) => kept || scopeId === result.scopeId);
  release =
    gradientDepth === 0
      ? () => {
          for (const tensor of own) tensor.dispose(); // `tf.dispose` would search each of them for others
        }
      : () => {};
}
