import * as tf from '@tensorflow/tfjs';
import { adam, type Optimizer, sgd, type Tensors } from '@unnas/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, normal, type Result, useNative } from '../testing/oracle.ts';

/** A large parameter, which is cut into pieces, and small ones. */
const shapes = [[3, 3, 16, 70], [20_011], [1], [37]];
const group = (seed: number): tf.Tensor[] => shapes.map((shape, i) => normal(shape as [number], seed + i));
const named = (kind: string, tensors: readonly tf.Tensor[]): Tensors =>
  Object.fromEntries(tensors.map((tensor, i) => [`${kind}${i}`, tensor]));
const variables = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.variable(tensor, false)]));

const result = (shape: number[], values: Float64Array): Result => ({
  shape,
  values: Float32Array.from(values),
});

/** One step from given parameters, gradients and state. @returns the parameters after it, then the state */
function after(optimizer: Optimizer, state: Tensors, learningRate: number): tf.Tensor[] {
  const parameters = variables(named('', group(10)));
  optimizer.load(state);
  optimizer.step(parameters, named('', group(20)), learningRate, 0.5);
  const { step: _, ...moved } = optimizer.state();
  const values = [...Object.values(parameters), ...Object.values(moved)].map((tensor) => tensor.clone());
  optimizer.dispose();
  tf.dispose(parameters);
  return values;
}

describe('steps of optimisers', () => {
  beforeAll(useNative);

  it.each([false, true])('sgd is its formula (Nesterov: %s)', async (nesterov) => {
    const expected: Result[][] = [[], []];
    for (const [i, shape] of shapes.entries()) {
      const [p, g, v] = [10, 20, 30].map((seed) => normal(shape as [number], seed + i).dataSync());
      const velocity = Float64Array.from(p!, (x, j) => 0.9 * v![j]! + 0.5 * g![j]! + 0.03 * x);
      const moved = Float64Array.from(p!, (x, j) => {
        const gradient = 0.5 * g![j]! + 0.03 * x;
        return x - 0.1 * (nesterov ? gradient + 0.9 * velocity[j]! : velocity[j]!);
      });
      expected[0]!.push(result(shape, moved));
      expected[1]!.push(result(shape, velocity));
    }
    const actual = await native(() => {
      const optimizer = sgd({ momentum: 0.9, weightDecay: 0.03, nesterov });
      return after(optimizer, named('velocity/', group(30)), 0.1);
    });
    expectClose(actual, expected.flat(), 3e-7);
  });

  it.each([1, 7])('adam is its formula at step %i', async (step) => {
    const squares = (seed: number) => group(seed).map((tensor) => tensor.square());
    const expected: Result[][] = [[], [], []];
    for (const [i, shape] of shapes.entries()) {
      const [p, g, m, s] = [group(10), group(20), group(30), squares(40)].map((list) => list[i]!.dataSync());
      const gradient = Float64Array.from(p!, (x, j) => 0.5 * g![j]! + 0.001 * x);
      const first = gradient.map((x, j) => 0.5 * m![j]! + 0.5 * x);
      const second = gradient.map((x, j) => 0.999 * s![j]! + 0.001 * x * x);
      const moved = Float64Array.from(p!, (x, j) => {
        const deviation = Math.sqrt(second[j]! / (1 - 0.999 ** step)) + 1e-8;
        return x - (0.01 * (first[j]! / (1 - 0.5 ** step))) / deviation;
      });
      [moved, first, second].forEach((values, k) => {
        expected[k]!.push(result(shape, values));
      });
    }
    const actual = await native(() => {
      const optimizer = adam({ beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.001 });
      const moments = { ...named('first/', group(30)), ...named('second/', squares(40)) };
      return after(optimizer, { ...moments, step: tf.scalar(step - 1, 'int32') }, 0.01);
    });
    expectClose(actual, expected.flat(), 1e-6);
  });

  it.each([
    ['sgd', () => sgd({ momentum: 0.9 })],
    ['adam', () => adam()],
  ] as const)('%s moves in place what nobody else can see', (_name, make) => {
    const mine = Float32Array.of(1, 2, 3);
    const p = tf.tidy(() => tf.variable(tf.tensor1d(mine), false));
    const gradients = { p: tf.tensor1d([1, -1, 1]) };
    const optimizer = make();
    const step = () => optimizer.step({ p }, gradients, 0.1);
    step();
    expect([...mine]).toEqual([1, 2, 3]);

    const { dataId } = p;
    const { numDataBuffers } = tf.memory();
    step();
    expect(p.dataId).toBe(dataId);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);

    const clones = [p.clone(), ...Object.values(optimizer.state())];
    const then = clones.map((clone) => [...clone.dataSync()]);
    step();
    step();
    expect(clones.map((clone) => [...clone.dataSync()])).toEqual(then);

    const read = p.dataSync();
    const seen = [...read];
    step();
    expect([...read]).toEqual(seen);
    expect([...p.dataSync()]).not.toEqual(seen);
    tf.dispose(clones);
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  });
});
