import type * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, kernel, native, normal, type Result, useNative } from '../testing/oracle.ts';

/** A large parameter, which is cut into pieces, and small ones. */
const shapes = [[3, 3, 16, 70], [20_011], [1], [37]];
const group = (seed: number): tf.Tensor[] => shapes.map((shape, i) => normal(shape as [number], seed + i));

const result = (shape: number[], values: Float64Array): Result => ({
  shape,
  values: Float32Array.from(values),
});

describe('steps of optimisers', () => {
  beforeAll(useNative);

  it.each([false, true])('sgd is its formula (Nesterov: %s)', async (nesterov) => {
    const attrs = { count: 4, learningRate: 0.1, momentum: 0.9, weightDecay: 0.03, nesterov, scale: 0.5 };
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
    const actual = await native(() =>
      kernel('UnnasSgdStep', [...group(10), ...group(20), ...group(30)], attrs),
    );
    expectClose(actual, expected.flat(), 3e-7);
  });

  it.each([1, 7])('adam is its formula at step %i', async (step) => {
    const attrs = {
      count: 4,
      learningRate: 0.01,
      beta1: 0.5,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.001,
      scale: 0.5,
      step,
    };
    const inputs = () => [...group(10), ...group(20), ...group(30), ...group(40).map((s) => s.square())];
    const expected: Result[][] = [[], [], []];
    for (const [i, shape] of shapes.entries()) {
      const [p, g, m, s] = inputs()
        .filter((_, j) => j % 4 === i)
        .map((tensor) => tensor.dataSync());
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
    const actual = await native(() => kernel('UnnasAdamStep', inputs(), attrs));
    expectClose(actual, expected.flat(), 1e-6);
  });

  it('leave the tensors they start from as they are', async () => {
    const p = normal<tf.Rank.R1>([5], 1);
    const before = [...p.dataSync()];
    const attrs = { count: 1, learningRate: 1, momentum: 0, weightDecay: 0, nesterov: false, scale: 1 };
    kernel('UnnasSgdStep', [p, normal<tf.Rank.R1>([5], 2), normal<tf.Rank.R1>([5], 3)], attrs);
    expect([...p.dataSync()]).toEqual(before);
  });
});
