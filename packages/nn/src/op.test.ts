import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from './gradients.ts';
import { op } from './op.ts';

beforeAll(() => tf.setBackend('cpu'));

type Kernel = (inputs: readonly tf.Tensor[], attrs: { factor: number; all: boolean }) => tf.Tensor[];

const registered: string[] = [];
const calls: string[] = [];

/** A kernel of the stock backend, made of stock ops. */
function register(kernelName: string, kernel: Kernel): void {
  registered.push(kernelName);
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => {
      calls.push(kernelName);
      return kernel(Object.values(inputs) as tf.Tensor[], attrs as never);
    },
  });
}

afterEach(() => {
  for (const name of registered.splice(0)) tf.unregisterKernel(name, 'cpu');
  calls.length = 0;
});

/** y = factor a b, with the square of y as a second output; c is an integer without a gradient. */
const reference: Kernel = ([a, b], { factor }) => {
  const y = a!.mul(b!).mul(factor);
  return [y, y.square()];
};
const scaled = op<{ factor: number; all: boolean }>({
  name: 'UnnasTestScaled',
  reference,
  saves: [1],
  allGradients: { all: true },
});

function registerBoth(): void {
  register('UnnasTestScaled', (inputs, attrs) => tf.tidy(() => reference(inputs, attrs)));
  register('UnnasTestScaledGrad', ([a, b, c, square, dy], { factor, all }) =>
    tf.tidy(() => {
      expect(c!.dtype).toBe('int32');
      expect(square!.dataSync()).toEqual(a!.mul(b!).mul(factor).square().dataSync());
      const da = dy!.mul(b!).mul(factor);
      return all ? [da, dy!.mul(a!).mul(factor)] : [da];
    }),
  );
}

function gradientsOf(all: boolean, targets: readonly ('a' | 'b')[]) {
  const tensors = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4, -5, 6]) };
  const c = tf.tensor1d([1, 2, 3], 'int32');
  const before = tf.memory().numTensors;
  const { loss, gradients } = tf.tidy(() =>
    valueAndGradients(
      () => scaled([tensors.a, tensors.b, c], { factor: 2, all })[0]!.sum() as tf.Scalar,
      Object.fromEntries(targets.map((name) => [name, tensors[name]])),
    ),
  );
  expect(tf.memory().numTensors - before).toBe(1 + targets.length);
  return {
    loss: loss.dataSync()[0],
    ...Object.fromEntries(Object.entries(gradients).map(([name, tensor]) => [name, [...tensor.dataSync()]])),
  };
}

describe('op', () => {
  const expected = { loss: 24, a: [8, -10, 12], b: [2, 4, 6] };

  it('runs the reference where there is no kernel, and tfjs differentiates it', () => {
    expect(gradientsOf(true, ['a', 'b'])).toEqual(expected);
    expect(calls).toEqual([]);
  });

  it('runs the kernels where there are both', () => {
    registerBoth();
    expect(gradientsOf(true, ['a', 'b'])).toEqual(expected);
    expect(calls).toEqual(['UnnasTestScaled', 'UnnasTestScaledGrad']);
  });

  it('runs the reference where the kernel of the gradient is missing', () => {
    register('UnnasTestScaled', () => {
      throw new Error('must not run');
    });
    expect(gradientsOf(true, ['a'])).toEqual({ loss: 24, a: expected.a });
  });

  it('gets gradients that were left out when they are asked for all the same', () => {
    registerBoth();
    expect(gradientsOf(false, ['a'])).toEqual({ loss: 24, a: expected.a });
    expect(calls).toEqual(['UnnasTestScaled', 'UnnasTestScaledGrad']);
    expect(gradientsOf(false, ['a', 'b'])).toEqual(expected);
  });
});
