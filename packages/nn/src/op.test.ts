import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from './gradients.ts';
import { op, update } from './op.ts';

beforeAll(() => tf.setBackend('cpu'));

type Kernel = (inputs: readonly tf.Tensor[], attrs: { factor: number; all: boolean }) => tf.TensorInfo[];

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
      const given = Object.values(inputs) as tf.Tensor[];
      return kernel(given, attrs as never).map((output) => {
        if (given.includes(output as tf.Tensor)) return output;
        // The tidy of the caller takes the tensor, not the values.
        tf.backend().incRef(output.dataId);
        return { dataId: output.dataId, shape: output.shape, dtype: output.dtype };
      });
    },
  });
}

afterEach(() => {
  for (const name of registered.splice(0)) tf.unregisterKernel(name, 'cpu');
  calls.length = 0;
});

/** y = factor a b, with the square of y as a second output; c is an integer without a gradient. */
const reference = ([a, b]: readonly tf.Tensor[], { factor }: { factor: number }): tf.Tensor[] => {
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

describe('update', () => {
  const grown = update<{ by: number }>({
    name: 'UnnasTestGrown',
    reference: (variables, [added], { by }) => variables.map((variable) => variable.add(added!.mul(by))),
  });
  const variable = (...values: number[]) => tf.tidy(() => tf.variable(tf.tensor1d(values), false));

  it.each(['the reference', 'a kernel'])(
    'gives variables what %s says, and clones keep what they had',
    (by) => {
      if (by === 'a kernel') {
        // Changes the first variable in place, and gives a new tensor for the others.
        register('UnnasTestGrown', ([first, second, added], attrs) => {
          expect(attrs).toEqual({ by: 2, variables: 2 });
          const values = tf.backend().readSync(first!.dataId) as Float32Array;
          for (let i = 0; i < values.length; i++) values[i]! += 2 * added!.dataSync()[i]!;
          return [first!, tf.tidy(() => second!.add(added!.mul(2)))];
        });
      }
      const [a, b, added] = [variable(1, 2), variable(3, 4), tf.tensor1d([10, 20])];
      const clone = b.clone();
      const before = tf.memory().numTensors;
      grown([a, b], [added], { by: 2 });
      expect([...a.dataSync(), ...b.dataSync()]).toEqual([21, 42, 23, 44]);
      expect([...clone.dataSync()]).toEqual([3, 4]);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([a, b, added, clone]);
    },
  );
});
