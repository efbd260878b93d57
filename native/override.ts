import * as tf from '@tensorflow/tfjs';
import type { NativeBackend } from './backend.ts';

export const BACKEND_NAME = 'native';

export type Attrs = Readonly<Record<string, unknown>>;
type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** What a kernel is called with. `attrs` are read with the type that the tfjs op gives them. */
export interface KernelArguments {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: NativeBackend;
}

/** Gives the outputs, or undefined to leave these inputs to the stock kernel. */
export type NativeKernel = (args: KernelArguments) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/**
 * The registration of a native kernel over the stock one of the same name. What the native kernel does not take (another
 * element type, a layout of its own, an empty tensor) goes to the kernel of tfjs's `cpu` backend, on the same memory.
 */
export function override(kernelName: string, native: NativeKernel): tf.KernelConfig {
  return {
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: (args) => {
      const outputs = native(args as unknown as KernelArguments);
      if (outputs !== undefined) return outputs;
      const stock = tf.getKernel(kernelName, 'cpu');
      if (stock === undefined) throw new Error(`kernel ${kernelName}: no kernel of tfjs takes these inputs`);
      return stock.kernelFunc(args);
    },
  };
}

/**
 * The registration of a kernel on host arrays, which is not an op: all data are in `attrs`, among them the arrays that it writes.
 * Transforms of pictures are of this kind; who calls them has checked the sizes.
 */
export function hostKernel<A extends object>(
  kernelName: string,
  native: (attrs: A) => void,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: ({ attrs }) => {
      native(attrs as unknown as A);
      return [];
    },
  };
}

/** Whether all tensors hold floats and at least one element. */
export const areFloats = (...tensors: readonly tf.TensorInfo[]): boolean =>
  tensors.every((tensor) => tensor.dtype === 'float32' && tensor.shape.every((size) => size > 0));
