import * as tf from '@tensorflow/tfjs';
import { registerNativeBackend } from '@unnas/native';
import { beforeAll, expect, test } from 'vitest';
import { kernelLines } from './kernel-lines.ts';
import { beyond, measureKernels, measureOp, shareOfRoof } from './measure-kernels.ts';

beforeAll(async () => expect(await registerNativeBackend()).toBe(true));

test('a pass with gradients has the kernels of the forward pass, and those of the backward pass more', () => {
  const forward = { product: { calls: 1, milliseconds: 5 }, add: { calls: 1, milliseconds: 1 } };
  const both = {
    product: { calls: 3, milliseconds: 18 },
    add: { calls: 1, milliseconds: 2 },
    relu_grad: { calls: 1, milliseconds: 4 },
  };
  expect(beyond(both, forward)).toEqual({
    product: { calls: 2, milliseconds: 12 },
    relu_grad: { calls: 1, milliseconds: 4 },
  });
});

test('the roof is memory for little arithmetic, multiply-adds for much', () => {
  const ceilings = { gigabytesPerSecond: 50, gigaflopsPerSecond: 400 };
  expect(shareOfRoof({ milliseconds: 2, gigabytes: 0.05, gigaflops: 0.04 }, ceilings)).toBeCloseTo(0.5);
  expect(shareOfRoof({ milliseconds: 2, gigabytes: 0.001, gigaflops: 0.4 }, ceilings)).toBeCloseTo(0.5);
});

test('an op is measured in both passes by the kernels that run in them', () => {
  const x = tf.ones([4, 5]);
  const w = tf.ones([5, 6]);
  const [forward, backward] = measureOp(
    {
      ...{ name: 'product', size: '4x5x6', targets: [x, w], multiplyAdds: 120 },
      forward: () => tf.matMul(x, w),
      values: { forward: 74, backward: 124 },
    },
    2,
  );
  expect(forward).toMatchObject({ pass: 'forward', kernels: ['matrix_product'], gigaflops: 240e-9 });
  expect(backward).toMatchObject({ pass: 'backward', kernels: ['matrix_product'], gigaflops: 480e-9 });
  expect(backward!.gigabytes).toBe(124 * 4e-9);
  tf.dispose([x, w]);
});

test('every fused op of a supernet is measured, and leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const record = await measureKernels({ batch: 1, turns: 1, networks: ['CIFAR'] });
  expect(tf.memory().numTensors).toBe(before);
  const names = new Set(record.kernels.flatMap(({ kernels }) => kernels));
  expect([...names]).toEqual(
    expect.arrayContaining([
      ...['separable_conv', 'batch_norm', 'mixed_sum', 'search_cell'].flatMap((name) => [
        name,
        `${name}_grad`,
      ]),
      ...['sgd_step', 'adam_step', 'global_norm', 'moving_average', 'cross_entropy', 'cross_entropy_grad'],
    ]),
  );
  for (const { name, pass, milliseconds, shareOfRoof } of record.kernels) {
    expect(milliseconds, `${name}, ${pass}`).toBeGreaterThan(0);
    expect(shareOfRoof, `${name}, ${pass}`).toBeGreaterThan(0);
  }
  expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  expect(kernelLines(record)).toHaveLength(record.kernels.length + 2);
});
