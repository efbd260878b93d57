import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dilatedFilter, padImage } from '../testing/dilated-filter.ts';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

type Pair = [number, number];
interface Case {
  x: [number, number, number, number];
  kernel: Pair;
  outputs: number;
  strides: Pair;
  pad: 'same' | 'valid' | number | [Pair, Pair, Pair, Pair];
}

const pair = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));
const side = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }));
const channels = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(16, 32, 36));
const none: Pair = [0, 0];
const side2: Pair = [2, 2];
const cases: fc.Arbitrary<Case> = fc.record({
  x: fc.tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 4, max: 12 }),
    fc.integer({ min: 4, max: 12 }),
    channels,
  ),
  kernel: pair(4),
  outputs: channels,
  strides: pair(3),
  pad: fc.oneof(
    fc.constantFrom('same' as const, 'valid' as const),
    fc.tuple(side, side).map(([rows, columns]): [Pair, Pair, Pair, Pair] => [none, rows, columns, none]),
  ),
});

const image = (one: Case) => normal<tf.Rank.R4>(one.x, 1);
const filter = (one: Case) =>
  normal<tf.Rank.R4>([...one.kernel, one.x[3], one.outputs], 2).div<tf.Tensor4D>(
    one.kernel[0] * one.kernel[1],
  );

describe('2-D convolution', () => {
  beforeAll(useNative);

  const check = async (one: Case) => {
    const forward = (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, one.strides, one.pad);
    const outputs = () => {
      const y = forward(image(one), filter(one));
      const dy = normal<tf.Rank.R4>(y.shape as [number, number, number, number], 3);
      const gradients = tf.grads((x, w) => forward(x!, w!))([image(one), filter(one)], dy);
      return [y, ...gradients];
    };
    const expected = await stock(outputs);
    await forEachIsa(async () => expectClose(await native(outputs), expected, 5e-6));
  };

  it('is that of stock tfjs, with its gradients', async () => {
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: runs(60) });
  });

  it.each<Case>([
    { x: [5, 8, 8, 32], kernel: [1, 1], outputs: 16, strides: [1, 1], pad: 'valid' },
    { x: [2, 9, 9, 20], kernel: [1, 1], outputs: 40, strides: [2, 2], pad: 'valid' },
    { x: [2, 32, 32, 3], kernel: [3, 3], outputs: 48, strides: [1, 1], pad: 1 },
    { x: [1, 16, 140, 3], kernel: [3, 3], outputs: 5, strides: [2, 1], pad: 'same' },
    { x: [2, 6, 6, 16], kernel: [3, 3], outputs: 33, strides: [1, 1], pad: 'same' },
  ])('holds for $x, kernel $kernel, strides $strides, padding $pad', check);

  it('is dilated as a filter with zeros between its taps', async () => {
    const one: Case = { x: [2, 11, 12, 6], kernel: [3, 2], outputs: 7, strides: [1, 1], pad: 'valid' };
    const expected = await stock(() => [
      tf.conv2d(image(one), dilatedFilter(filter(one), [2, 3]), 1, 'valid'),
    ]);
    const actual = await native(() => [tf.conv2d(image(one), filter(one), 1, 'valid', 'NHWC', [2, 3])]);
    expectClose(actual, expected, 5e-6);

    // tfjs itself refuses a stride together with a dilation; the kernel does not.
    const square: Case = { ...one, kernel: [3, 3] };
    const padded = () => padImage(image(square), [side2, side2]);
    const strided = await stock(() => [
      tf.conv2d(padded(), dilatedFilter(filter(square), [2, 2]), 2, 'valid'),
    ]);
    const attrs = { strides: 2, pad: 2, dilations: 2, dataFormat: 'NHWC' };
    const run = () => {
      const inputs = { x: image(square), filter: filter(square) };
      return [tf.engine().runKernel('Conv2D', inputs, attrs) as tf.Tensor];
    };
    expectClose(await native(run), strided, 5e-6);
  });

  it('leaves the layout NCHW to stock tfjs', async () => {
    const run = () => [
      tf.conv2d(normal<tf.Rank.R4>([1, 3, 6, 6], 1), normal<tf.Rank.R4>([3, 3, 3, 2], 2), 1, 'valid', 'NCHW'),
    ];
    expect(await native(run)).toEqual(await stock(run));
  });
});
