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
  const kept: tf.Tensor[] = [];
  let others: tf.TensorContainerObject = {};
  const forward = () => {
    const result = f();
    const { loss, ...rest } = result instanceof tf.Tensor ? { loss: result } : result;
    // tfjs tidies the forward pass, but what is kept outlives every tidy: so the other tensors cross over, and make way for copies
    // that belong to the caller's tidy. What was made elsewhere is copied here too, its owner may dispose of it at any time.
    const here = loss.scopeId;
    others = mapTensors(rest, (tensor) => {
      kept.push(tf.keep(tensor.scopeId === here && !tensor.kept ? tensor : tensor.clone()));
      return kept.at(-1)!;
    }) as tf.TensorContainerObject;
    return loss;
  };
  const list = Object.values(targets);
  const { loss, gradients } =
    list.length === 0 ? { loss: tf.tidy(forward), gradients: [] } : differentiate(forward, list);
  others = mapTensors(others, (tensor) => tensor.clone()) as tf.TensorContainerObject;
  for (const tensor of kept) tensor.dispose();
  return {
    ...others,
    loss,
    gradients: Object.fromEntries(Object.keys(targets).map((name, i) => [name, gradients[i]!])),
  };
}

function differentiate(
  f: () => tf.Scalar,
  targets: readonly tf.Tensor[],
): { loss: tf.Scalar; gradients: tf.Tensor[] } {
  const asked = [...targets];
  const forward = () => {
    const loss = f();
    // tfjs goes through all that it is asked for at each input of the tape, so what is not on the tape is left out.
    const inputs = new Set(
      tf.engine().state.activeTape.flatMap((node) => Object.values(node.inputs).map(({ id }) => id)),
    );
    asked.splice(0, asked.length, ...asked.filter(({ id }) => inputs.has(id)));
    return loss;
  };
  const { value: loss, grads } = tf.engine().gradients(forward, asked, undefined, true);
  const found = new Map(asked.map(({ id }, i) => [id, grads[i]]));
  return {
    loss: loss as tf.Scalar,
    gradients: targets.map((target) => found.get(target.id) ?? tf.zerosLike(target)),
  };
}

function mapTensors(container: unknown, change: (tensor: tf.Tensor) => tf.Tensor): unknown {
  if (typeof container !== 'object' || container === null) return container;
  if (container instanceof tf.Tensor) return change(container);
  if (Array.isArray(container)) return container.map((item) => mapTensors(item, change));
  return Object.fromEntries(Object.entries(container).map(([key, item]) => [key, mapTensors(item, change)]));
}
