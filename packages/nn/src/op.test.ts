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

describe('an op whose last inputs are parameters', () => {
  const led = op<{ factor: number; all: boolean }>({
    name: 'UnnasTestScaled',
    reference,
    saves: [1],
    allGradients: { all: true },
    parametersFrom: 1,
  });
  type Named = Record<'a' | 'b', tf.Tensor>;
  let c: tf.Tensor;
  beforeAll(() => {
    c = tf.tensor1d([1, 2, 3], 'int32');
  });
  const loss = ({ a, b }: Named, all = true) => led([a, b, c], { factor: 2, all })[0]!.sum() as tf.Scalar;
  const add = (...losses: tf.Scalar[]) => tf.addN(losses) as tf.Scalar;

  const functions: Record<string, (tensors: Named) => tf.Scalar> = {
    'all of them': (tensors) => loss(tensors),
    'all, though the caller said that it would not ask for some': (tensors) => loss(tensors, false),
    'a parameter that is used several times, on the tape too': ({ a, b }) =>
      add(loss({ a, b }), loss({ a: a.square(), b }), b.square().sum()),
    'a parameter that was computed in the pass': ({ a, b }) => loss({ a, b: b.square() }),
    'a parameter made in the pass': ({ a, b }) => loss({ a, b: tf.variable(b.neg()) }),
    'one that another gradient was asked of inside': (tensors) => {
      const inner = valueAndGradients(() => loss(tensors), { b: tensors.b });
      expect([...inner.gradients.b!.dataSync()]).toEqual([2, 4, 6]);
      return loss(tensors);
    },
    'one inside another gradient': ({ a, b }) => {
      const inner = tf.grad((x: tf.Tensor) => loss({ a: x, b }))(a);
      expect([...inner.dataSync()]).toEqual([8, -10, 12]);
      return loss({ a, b });
    },
  };

  it.each(Object.entries(functions))('has the gradients of the reference: %s', (_name, f) => {
    for (const targets of [['a', 'b'], ['a'], ['b']] as const) {
      const gradients = () => {
        const tensors = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4, -5, 6]) };
        const before = tf.memory().numTensors;
        const result = tf.tidy(() =>
          valueAndGradients(
            () => f(tensors),
            Object.fromEntries(targets.map((name) => [name, tensors[name]])),
          ),
        );
        tf.disposeVariables();
        expect(tf.memory().numTensors - before).toBe(1 + targets.length);
        return [result.loss, ...targets.map((name) => result.gradients[name]!)].map((x) => [...x.dataSync()]);
      };
      const expected = gradients();
      registerBoth();
      expect(gradients()).toEqual(expected);
      expect(calls).toContain('UnnasTestScaledGrad');
      for (const name of registered.splice(0)) tf.unregisterKernel(name, 'cpu');
    }
  });

  it('keeps parameters off the tape', () => {
    registerBoth();
    const tensors = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4, -5, 6]) };
    valueAndGradients(() => {
      const value = loss(tensors);
      const inputs = tf.engine().state.activeTape.flatMap((node) => Object.values(node.inputs));
      expect(inputs.some(({ id }) => id === tensors.a.id)).toBe(true);
      expect(inputs.some(({ id }) => id === tensors.b.id)).toBe(false);
      return value;
    }, tensors);
  });

  it('goes back to the tape after a pass that throws', () => {
    registerBoth();
    const tensors = { a: tf.tensor1d([1, 2, 3]), b: tf.tensor1d([4, -5, 6]) };
    const f = () => {
      throw new Error(`no pass today: ${loss(tensors).dataSync()}`);
    };
    expect(() => valueAndGradients(f, tensors)).toThrow('no pass today: 24');
    const [a, b] = tf.grads((a, b) => loss({ a, b }))([tensors.a, tensors.b]);
    expect([...a!.dataSync(), ...b!.dataSync()]).toEqual([8, -10, 12, 2, 4, 6]);
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
