import * as tf from '@tensorflow/tfjs';

/**
 * Gradients that do not go over tfjs's tape. The tape costs every input of an op several tensors, though most inputs of a fused op are
 * leaves: parameters, made before the pass, that nothing on the tape leads to. A fused op hands their gradients over here.
 */
export class LeafGradients {
  /**
   * An input to put on the tape in place of the leaves. It is a target too, so that tfjs runs the gradient function even where
   * the loss depends on no other target.
   */
  readonly anchor: tf.Tensor = tf.scalar(0);
  readonly #targets: ReadonlySet<number>;
  readonly #gradients = new Map<number, tf.TensorInfo[]>();

  private constructor(targets: readonly tf.Tensor[]) {
    this.#targets = new Set(targets.map(({ id }) => id));
  }

  /**
   * Runs `f`, in which one pass may be differentiated by `targets`.
   *
   * @param f gets nothing inside another gradient, where leaves cannot be told
   */
  static collect<T>(targets: readonly tf.Tensor[], f: (gradients: LeafGradients | undefined) => T): T {
    if (tf.engine().state.gradientDepth > 0) return f(undefined);
    const collector = new LeafGradients(targets);
    current = collector;
    try {
      return f(collector);
    } finally {
      current = undefined;
      collector.anchor.dispose();
      for (const target of collector.#gradients.keys()) tf.dispose(collector.take(target));
    }
  }

  /** Where to put the gradients of `tensors`, which an op takes in: nowhere but on the tape unless all of them are leaves. */
  static of(tensors: readonly tf.Tensor[]): LeafGradients | undefined {
    const { gradientDepth, kernelDepth } = tf.engine().state;
    if (current === undefined || gradientDepth !== 1 || kernelDepth !== 0) return undefined;
    const first = current.anchor.id;
    return tensors.every(({ id }) => id < first) ? current : undefined;
  }

  wants({ id }: tf.Tensor): boolean {
    return this.#targets.has(id);
  }

  /** Hands over a gradient; it may be one of several. */
  put({ id }: tf.Tensor, gradient: tf.TensorInfo): void {
    if (!this.#targets.has(id)) {
      tf.backend().disposeData(gradient.dataId);
      return;
    }
    const others = this.#gradients.get(id);
    if (others === undefined) this.#gradients.set(id, [gradient]);
    else others.push(gradient);
  }

  /** The gradients that were handed over for a target, as tensors of the caller's tidy. */
  take(target: number): tf.Tensor[] {
    const gradients = this.#gradients.get(target) ?? [];
    this.#gradients.delete(target);
    return gradients.map((gradient) => tf.engine().makeTensorFromTensorInfo(gradient));
  }
}

let current: LeafGradients | undefined;
