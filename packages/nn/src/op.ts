import * as tf from '@tensorflow/tfjs';

/** What an op returns: always a list, so that ops with one and with several outputs are written alike. */
export type Outputs = tf.Tensor[];

/**
 * The description of a fused, differentiable operation.
 *
 * `reference` is the definition, written in stock tfjs ops that can all be differentiated. It is what runs on a backend
 * that has no kernel of the name, and the oracle that every kernel is tested against.
 */
export interface OpSpec<Attrs extends object> {
  /** Kernel name. A backend that has kernels `name` and `nameGrad` runs those instead of the reference. */
  readonly name: string;
  /** The meaning, in stock tfjs ops. Never called under a gradient tape where the kernel exists. */
  readonly reference: (inputs: readonly tf.Tensor[], attrs: Attrs) => Outputs;
  /**
   * Which outputs the gradient kernel needs besides all inputs, by position; none by default.
   */
  readonly saves?: readonly number[];
}

/** A kernel `${name}Grad` is called with inputs `[...inputs, ...savedOutputs, ...dys]` and the same attributes plus `needs`. */
export interface GradientAttrs {
  /** How many inputs, saved outputs and output gradients stand in the list, in this order. */
  readonly counts: readonly [inputs: number, saved: number, gradients: number];
}

/**
 * Makes a callable op of its description. The call returns the outputs and can be differentiated with respect to every
 * floating-point input.
 */
export function op<Attrs extends object>(
  spec: OpSpec<Attrs>,
): (inputs: readonly tf.Tensor[], attrs: Attrs) => Outputs {
  const gradientName = `${spec.name}Grad`;
  tf.registerGradient({
    kernelName: spec.name,
    saveAllInputs: true,
    outputsToSave: [],
    gradFunc: (dy, saved, attrs) => {
      void dy;
      void saved;
      void attrs;
      throw new Error(`gradient of ${gradientName}: to be written`);
    },
  });
  return (inputs, attrs) => {
    if (tf.getKernel(spec.name, tf.getBackend()) === undefined) return spec.reference(inputs, attrs);
    const out = tf.engine().runKernel(
      spec.name,
      inputs as unknown as tf.NamedTensorMap,
      attrs as unknown as tf.NamedAttrMap,
    ) as tf.Tensor | tf.Tensor[];
    return Array.isArray(out) ? out : [out];
  };
}
