import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dilatedFilter, padImage } from '../testing/dilated-filter.ts';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { expectClose, kernel, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

interface Case {
  x: [number, number, number, number];
  kernel: number;
  stride: number;
  dilation: number;
  outputs: number;
}

const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(8, 16, 32));
const channels = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.constantFrom(6, 10, 12, 16, 32, 36, 42, 48, 64),
);
const cases: fc.Arbitrary<Case> = fc.record({
  x: fc.tuple(fc.integer({ min: 1, max: 3 }), size, size, channels),
  kernel: fc.constantFrom(1, 3, 5, 7),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 3 }),
  outputs: channels,
});

const inputs = ({ x, kernel, outputs }: Case): tf.Tensor[] => [
  normal<tf.Rank.R4>(x, 1),
  normal<tf.Rank.R4>([kernel, kernel, x[3], 1], 2).div(kernel),
  normal<tf.Rank.R4>([1, 1, x[3], outputs], 3).div(Math.sqrt(x[3])),
];

function reference(
  [x, depthwise, pointwise]: tf.Tensor4D[],
  { kernel, stride, dilation }: Case,
): tf.Tensor4D {
  const pad = (dilation * (kernel - 1)) / 2;
  const sides: [number, number] = [pad, pad];
  const u = tf.depthwiseConv2d(
    padImage(tf.relu(x!), [sides, sides]),
    dilatedFilter(depthwise!, [dilation, dilation]),
    stride,
    'valid',
  );
  return tf.conv2d(u, pointwise as tf.Tensor4D, 1, 'valid');
}

describe('separable convolution', () => {
  beforeAll(useNative);

  const check = async (one: Case) => {
    const attrs = { stride: one.stride, dilation: one.dilation };
    const y = await stock(() => [reference(inputs(one) as tf.Tensor4D[], one)]);
    const dy = () => normal<tf.Rank.R4>(y[0]!.shape as [number, number, number, number], 4);
    const gradients = await stock(() =>
      tf.grads((...xs: tf.Tensor[]) => reference(xs as tf.Tensor4D[], one))(inputs(one), dy()),
    );
    await forEachIsa(async () => {
      const run = (weights: boolean) =>
        kernel('UnnasSeparableConvGrad', [...inputs(one), dy()], { ...attrs, weights });
      expectClose(await native(() => kernel('UnnasSeparableConv', inputs(one), attrs)), y, 5e-6);
      expectClose(await native(() => run(true)), gradients, 1e-5);
      expectClose(await native(() => run(false)), gradients.slice(0, 1), 1e-5);
    });
  };

  it('is relu, depthwise and pointwise convolution, with their gradients', async () => {
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: runs(25) });
  });

  it.each<Case>([
    { x: [3, 8, 8, 64], kernel: 5, stride: 1, dilation: 2, outputs: 64 },
    { x: [2, 32, 32, 16], kernel: 3, stride: 1, dilation: 1, outputs: 16 },
    { x: [2, 32, 32, 16], kernel: 5, stride: 2, dilation: 2, outputs: 32 },
    { x: [1, 70, 150, 3], kernel: 5, stride: 1, dilation: 2, outputs: 5 }, // several bands of rows, several chunks a row
    { x: [1, 9, 150, 3], kernel: 3, stride: 2, dilation: 2, outputs: 5 },
    { x: [70, 2, 3, 7], kernel: 3, stride: 2, dilation: 1, outputs: 9 }, // several images a piece of work
    { x: [1, 28, 28, 100], kernel: 3, stride: 1, dilation: 1, outputs: 130 },
  ])('holds for $x, kernel $kernel, stride $stride, dilation $dilation', check);

  it('refuses shapes that do not fit', () => {
    const [x, depthwise] = inputs({ x: [1, 4, 4, 3], kernel: 3, stride: 1, dilation: 1, outputs: 2 });
    const wrong = tf.zeros([1, 1, 4, 2]);
    expect(() => kernel('UnnasSeparableConv', [x!, depthwise!, wrong], { stride: 1, dilation: 1 })).toThrow(
      'cannot take x [1,4,4,3]',
    );
  });
});
