import * as tf from '@tensorflow/tfjs';
import { releaseLater } from './release.ts';

/** What an op returns: always a list, so that ops with one and with several outputs are written alike. */
export type Outputs = tf.Tensor[];

/** The description of a fused operation. */
export interface OpSpec<Attrs extends object> {
  /** Kernel name. A backend that has the kernels `name` and `nameGrad` runs those instead of the reference. */
  readonly name: string;
  /**
   * The meaning, in stock tfjs ops that can all be differentiated. It is what runs on a backend without the kernel, and
   * the oracle that every kernel is tested against.
   */
  readonly reference: (inputs: readonly tf.Tensor[], attrs: Attrs) => Outputs;
  /** Positions of the outputs that the gradient kernel needs besides all inputs; none by default. */
  readonly saves?: readonly number[];
  /** Whether there is a gradient at all; an optimiser's step has none. */
  readonly differentiable?: boolean;
  /**
   * Attributes under which the gradient kernel returns the gradients of all floating-point inputs, where the attributes of a
   * call may tell it to leave some out.
   */
  readonly allGradients?: Partial<Attrs>;
}

/** A callable op, with its reference for tests. */
export interface Op<Attrs extends object> {
  (inputs: readonly tf.Tensor[], attrs: Attrs): Outputs;
  readonly reference: OpSpec<Attrs>['reference'];
}

/**
 * Makes a callable op of its description. Only the first output carries a gradient. The gradient kernel is called with
 * `[...inputs, ...saved outputs, gradient of the first output]` and the attributes of the call, and returns the gradients of
 * the inputs in their order. It may leave out the last ones (such as that of integer labels); in the place of others that the
 * attributes tell it to leave out stand tensors without elements.
 *
 * The reference runs as plain stock ops, so tfjs differentiates it by itself; the kernels can be differentiated once.
 */
export function op<Attrs extends object>(spec: OpSpec<Attrs>): Op<Attrs> {
  const { name, reference, saves = [], differentiable = true, allGradients } = spec;
  const gradientName = `${name}Grad`;

  /** The gradients of the inputs, by their positions. */
  const backward = (saved: readonly tf.Tensor[], dy: tf.Tensor, attrs: Attrs) => {
    const gradients = run(gradientName, [...saved, dy], attrs);
    releaseLater([...saved, dy], gradients[0]!);
    const inputCount = saved.length - saves.length;
    // tfjs calls and tidies these functions one by one, so what they share has been computed above.
    return Object.fromEntries(
      Array.from({ length: inputCount }, (_, i) => [
        i,
        () => {
          const gradient =
            present(gradients[i]) ?? run(gradientName, [...saved, dy], { ...attrs, ...allGradients })[i];
          if (gradient === undefined) throw new TypeError(`${name}: input ${i} has no gradient`);
          return gradient;
        },
      ]),
    );
  };

  const call = (inputs: readonly tf.Tensor[], attrs: Attrs): Outputs => {
    if (!differentiable)
      return hasKernel(name) ? runUnrecorded(name, inputs, attrs) : reference(inputs, attrs);
    if (!hasKernels(name)) return reference(inputs, attrs);
    const outputs = run(name, inputs, attrs);
    // The node that tfjs has put on its tape, if it keeps one, is completed here. With a registered gradient tfjs would run a kernel
    // to copy each tensor that is saved, and put that on the tape as well; and of outputs without a gradient it would make zeros.
    const node = tf.engine().state.activeTape?.at(-1);
    if (node !== undefined && node.outputs[0] === outputs[0]) {
      const saved = [...inputs, ...saves.map((i) => outputs[i]!)].map(kept);
      node.outputs = [outputs[0]!];
      node.saved = saved;
      node.gradient = ([dy]) => backward(saved, dy!, attrs);
    }
    return outputs;
  };
  return Object.assign(call, { reference });
}

/** A gradient, if the kernel did not leave it out. */
const present = (gradient: tf.Tensor | undefined) =>
  gradient !== undefined && gradient.size > 0 ? gradient : undefined;

/** The same values in another tensor, which outlives every tidy. */
function kept({ dataId, shape, dtype }: tf.Tensor): tf.Tensor {
  tf.backend().incRef(dataId);
  return tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }));
}

/** Whether the backend of the moment has the kernel of a differentiable op and that of its gradient. */
export function hasKernels(name: string): boolean {
  return hasKernel(name) && hasKernel(`${name}Grad`);
}

function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

function run(kernel: string, inputs: readonly tf.Tensor[], attrs: object): Outputs {
  // A list of inputs is a map of tensors named '0', '1', ...; the declared types know named maps and plain attributes only.
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(kernel, inputs as never, attrs as never);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * Runs a kernel past the tape. Where tfjs looks for the way from the targets of a gradient to the loss, it takes time for each input
 * of each op on the tape that does not come from a target, as many steps as there are targets: too long for an op over all
 * tensors of a network.
 */
function runUnrecorded(kernel: string, inputs: readonly tf.Tensor[], attrs: object): Outputs {
  return kernelOutputs(kernel, inputs, attrs).map((info) => tf.engine().makeTensorFromTensorInfo(info));
}

function kernelOutputs(kernel: string, inputs: readonly tf.Tensor[], attrs: object): tf.TensorInfo[] {
  const { kernelFunc } = tf.getKernel(kernel, tf.getBackend());
  const outputs = kernelFunc({ inputs: inputs as never, attrs: attrs as never, backend: tf.backend() });
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The description of an operation that gives variables new values, such as a step of an optimiser. */
export interface UpdateSpec<Attrs extends object> {
  /**
   * Kernel name. The kernel is called with `[...variables, ...others]` and the attributes, to which the number of `variables` is
   * added. It gives, for every variable, either what it was called with, whose values it has changed in place, or a new tensor;
   * and it changes values only where nobody but the variable can see them.
   */
  readonly name: string;
  /** The new values of the variables, in stock tfjs ops: the meaning, and the oracle of the kernel. */
  readonly reference: (
    variables: readonly tf.Tensor[],
    others: readonly tf.Tensor[],
    attrs: Attrs,
  ) => Outputs;
}

/** Makes an operation that moves variables; it has no gradient. Clones of the variables keep the values that they had. */
export function update<Attrs extends object>({ name, reference }: UpdateSpec<Attrs>) {
  return (variables: readonly tf.Variable[], others: readonly tf.Tensor[], attrs: Attrs): void => {
    tf.tidy(() => {
      const moved: readonly tf.TensorInfo[] = hasKernel(name)
        ? kernelOutputs(name, [...variables, ...others], { ...attrs, variables: variables.length })
        : reference(variables, others, attrs);
      variables.forEach((variable, i) => {
        const info = moved[i]!;
        if (info.dataId === variable.dataId) return;
        variable.assign(info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info));
      });
    });
  };
}
