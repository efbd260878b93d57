import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dilatedFilter } from '../testing/dilated-filter.ts';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { expectClose, native, normal, type Result, runs, stock, useNative } from '../testing/oracle.ts';

type Pair = [number, number];
interface Case {
  x: [number, number, number, number];
  kernel: Pair;
  multiplier: number;
  strides: number;
  dilations: Pair;
  pad: 'same' | 'valid';
}

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const cases: fc.Arbitrary<Case> = fc.record({
  x: fc.tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 9, max: 20 }),
    fc.integer({ min: 9, max: 20 }),
    fc.integer({ min: 1, max: 40 }),
  ),
  kernel: fc.oneof(pair(1, 4), fc.constantFrom<Pair>([3, 3], [5, 5])),
  multiplier: fc.integer({ min: 1, max: 3 }),
  strides: fc.integer({ min: 1, max: 3 }),
  dilations: fc.oneof(fc.constant<Pair>([1, 1]), pair(1, 2)),
  pad: fc.constantFrom('same' as const, 'valid' as const),
});

const image = (one: Case) => normal<tf.Rank.R4>(one.x, 1);
const filter = (one: Case) => normal<tf.Rank.R4>([...one.kernel, one.x[3], one.multiplier], 2);

describe('depthwise convolution', () => {
  beforeAll(useNative);

  // Stock tfjs takes no stride with a dilation and has no gradient of a dilation: the reference dilates the filter.
  const check = async (one: Case) => {
    const reference = (x: tf.Tensor, w: tf.Tensor) =>
      tf.depthwiseConv2d(
        x as tf.Tensor4D,
        dilatedFilter(w as tf.Tensor4D, one.dilations),
        one.strides,
        one.pad,
      );
    const gradientOf = ({ shape }: Result) =>
      normal<tf.Rank.R4>(shape as [number, number, number, number], 3);
    const [y] = await stock(() => [reference(image(one), filter(one))]);
    const gradients = await stock(() =>
      tf.grads((x, w) => reference(x!, w!))([image(one), filter(one)], gradientOf(y!)),
    );
    const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}) =>
      tf.engine().runKernel(`DepthwiseConv2dNative${name}`, inputs, {
        ...{ strides: one.strides, pad: one.pad, dilations: one.dilations, ...attrs },
      }) as tf.Tensor;
    await forEachIsa(async () => {
      const actual = await native(() => {
        const [x, w, dy] = [image(one), filter(one), gradientOf(y!)];
        return [
          run('', { x, filter: w }),
          run('BackpropInput', { dy, filter: w }, { inputShape: x.shape }),
          run('BackpropFilter', { x, dy }, { filterShape: w.shape }),
        ];
      });
      expectClose(actual, [y!, ...gradients], 5e-6);
    });
  };

  it('is that of stock tfjs, with its gradients, for any stride, dilation and multiplier', async () => {
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: runs(60) });
  });

  it('is what tf.depthwiseConv2d runs', async () => {
    const x = () => normal<tf.Rank.R4>([2, 9, 9, 5], 1);
    const w = () => normal<tf.Rank.R4>([3, 3, 5, 1], 2);
    const run = () => [
      tf.depthwiseConv2d(x(), w(), 1, 'same', 'NHWC', 2),
      ...tf.grads((a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same'))([x(), w()]),
    ];
    expectClose(await native(run), await stock(run), 5e-6);
    expect(tf.getBackend()).toBe('native');
  });
});
