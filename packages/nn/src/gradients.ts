import * as tf from '@tensorflow/tfjs';

/** Tensors by name. */
export type Tensors = Record<string, tf.Tensor>;

/** The values of a loss function: the loss itself and whatever tensors else are of use, such as logits, nested at will. */
export interface Losses {
  readonly loss: tf.Scalar;
}

/**
 * The loss and its gradients with respect to `targets`. A target that the loss does not depend on gets a gradient of zeros.
 *
 * @param f the loss, or an object with the member `loss`, whose other tensors are handed through
 * @returns what `f` returned (a bare loss as `{ loss }`), and `gradients` of the names and shapes of `targets`. All of it
 * belongs to the caller's tidy.
 */
export function valueAndGradients(f: () => tf.Scalar, targets: Tensors): Losses & { gradients: Tensors };
export function valueAndGradients<T extends Losses>(f: () => T, targets: Tensors): T & { gradients: Tensors };
export function valueAndGradients(
  f: () => tf.Scalar | Losses,
  targets: Tensors,
): Losses & { gradients: Tensors } {
  let kept: tf.TensorContainerObject = {};
  const forward = () => {
    const result = f();
    const { loss, ...others } = result instanceof tf.Tensor ? { loss: result } : result;
    // tfjs tidies the forward pass, but what is kept outlives every tidy: so the other tensors cross over, and make way for copies
    // that belong to the caller's tidy. What was made elsewhere is copied here too, its owner may dispose of it at any time.
    const here = loss.scopeId;
    kept = mapTensors(others, (tensor) =>
      tf.keep(tensor.scopeId === here && !tensor.kept ? tensor : tensor.clone()),
    ) as tf.TensorContainerObject;
    return loss;
  };
  const names = Object.keys(targets);
  const { value: loss, grads } =
    names.length === 0
      ? { value: tf.tidy(forward), grads: [] }
      : tf.engine().gradients(forward, Object.values(targets), undefined, true);
  const others = mapTensors(kept, (tensor) => tensor.clone()) as tf.TensorContainerObject;
  tf.dispose(kept);
  const gradients = Object.fromEntries(
    names.map((name, i) => [name, grads[i] ?? tf.zerosLike(targets[name]!)]),
  );
  return { ...others, loss, gradients };
}

function mapTensors(container: unknown, change: (tensor: tf.Tensor) => tf.Tensor): unknown {
  if (container instanceof tf.Tensor) return change(container);
  if (Array.isArray(container)) return container.map((item) => mapTensors(item, change));
  if (typeof container !== 'object' || container === null) return container;
  return Object.fromEntries(Object.entries(container).map(([key, item]) => [key, mapTensors(item, change)]));
}
