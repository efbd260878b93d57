import * as tf from '@tensorflow/tfjs';
import { type DerivedCellPlan, type DerivedEdge, derivedCell, derivedCellParameters, pack } from '@unnas/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { kernel, native, normal, type Result, stock, useNative } from '../testing/oracle.ts';

const convolution = (node: number, input: number, kernel: number, dilation: number): DerivedEdge => ({
  ...{ node, input, kind: 'convolution', kernel, dilation, stages: dilation === 1 ? 2 : 1 },
});

/** Convolutions of all kinds, skips and pools; two edges of a node may come from one state. */
const PLANS: Record<string, DerivedCellPlan> = {
  'DARTS_V2, normal': {
    edges: [
      convolution(2, 0, 3, 1),
      convolution(2, 1, 3, 1),
      convolution(3, 0, 3, 1),
      convolution(3, 1, 3, 1),
      convolution(4, 1, 3, 1),
      { node: 4, input: 0, kind: 'skip' },
      { node: 5, input: 0, kind: 'skip' },
      convolution(5, 2, 3, 2),
    ],
    ...{ concat: [2, 3, 4, 5], reduction: false, affine: true },
  },
  'DARTS_V2, reduction': {
    edges: [
      { node: 2, input: 0, kind: 'max_pool' },
      { node: 2, input: 1, kind: 'max_pool' },
      { node: 3, input: 2, kind: 'skip' },
      { node: 3, input: 1, kind: 'max_pool' },
    ],
    ...{ concat: [2, 3], reduction: true, affine: true },
  },
  'every kind': {
    edges: [
      convolution(2, 1, 5, 2),
      convolution(2, 1, 7, 1),
      { node: 3, input: 2, kind: 'average_pool' },
      convolution(3, 2, 5, 1),
      convolution(4, 0, 3, 2),
      { node: 4, input: 3, kind: 'max_pool' },
      { node: 5, input: 4, kind: 'skip' },
    ],
    ...{ concat: [5, 3], reduction: false, affine: false },
  },
  'every kind, with strides': {
    edges: [
      convolution(2, 0, 5, 1),
      { node: 2, input: 1, kind: 'average_pool' },
      { node: 3, input: 0, kind: 'max_pool' },
      convolution(3, 1, 3, 2),
      convolution(4, 3, 3, 1),
      convolution(4, 1, 5, 2),
    ],
    ...{ concat: [2, 3, 4], reduction: true, affine: true },
  },
};

interface Case {
  readonly plan: string;
  readonly shape: [number, number, number, number];
}

/** s0, s1 and all parameters. */
function inputs({ plan, shape }: Case): tf.Tensor[] {
  const parameters = derivedCellParameters(shape[3], PLANS[plan]!).map((size, i) => {
    const values = normal<tf.Rank>([...size] as tf.ShapeMap[tf.Rank], 10 + i) as tf.Tensor;
    if (size.length === 4) return values.div(Math.sqrt(size[0]! * size[1]! * (size[3] === 1 ? 1 : size[2]!)));
    return i % 4 === 2 ? values.add(1) : values; // scale, offset
  });
  return [normal(shape, 1), normal(shape, 2), ...parameters];
}

/** On stock tfjs this is the composition of the ops of the edges, on the native backend one kernel. */
function cell([s0, s1, ...rest]: readonly tf.Tensor[], { plan: name }: Case, frozen = false) {
  return derivedCell([s0 as tf.Tensor4D, s1 as tf.Tensor4D], pack(rest), PLANS[name]!, { frozen });
}

/** The distance of all tensors of a group from what is expected, over the norm of the group. */
function expectSameGroup(actual: readonly Result[], expected: readonly Result[], limit: number): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  let distance = 0;
  let norm = 0;
  for (const [i, { values }] of expected.entries()) {
    for (const [j, value] of values.entries()) {
      distance += (actual[i]!.values[j]! - value) ** 2;
      norm += value ** 2;
    }
  }
  expect(Math.sqrt(distance / norm)).toBeLessThan(limit);
}

describe('the derived cell', () => {
  beforeAll(useNative);

  it.each<Case>([
    { plan: 'DARTS_V2, normal', shape: [2, 8, 8, 36] },
    { plan: 'DARTS_V2, normal', shape: [19, 4, 3, 12] }, // several images a piece of work
    { plan: 'DARTS_V2, normal', shape: [1, 6, 70, 6] }, // several chunks a row
    { plan: 'DARTS_V2, reduction', shape: [2, 7, 5, 10] },
    { plan: 'every kind', shape: [2, 9, 8, 42] },
    { plan: 'every kind', shape: [3, 5, 7, 7] },
    { plan: 'every kind, with strides', shape: [2, 9, 8, 48] },
    { plan: 'every kind, with strides', shape: [3, 8, 5, 17] },
  ])('is its composition: $plan at $shape', async (one) => {
    const stages = inputs(one).length > 2;
    const forward = () => {
      const { y, mean, variance } = cell(inputs(one), one);
      return stages ? [y, mean, variance] : [y];
    };
    const expected = await stock(forward);
    const gradients = (frozen: boolean) => () => {
      const all = inputs(one);
      const wanted = frozen ? 2 : all.length;
      const dy = normal<tf.Rank.R4>(expected[0]!.shape as [number, number, number, number], 4);
      return tf.grads((...some) => cell([...some, ...all.slice(wanted)], one, frozen).y)(
        all.slice(0, wanted),
        dy,
      );
    };
    const expectedGradients = await stock(gradients(false));
    await forEachIsa(async () => {
      const actual = await native(forward);
      actual.forEach((result, i) => {
        expectSameGroup([result], [expected[i]!], 1e-5);
      });
      for (const frozen of [false, true]) {
        const all = await native(gradients(frozen));
        expect(all.length).toBe(frozen ? 2 : expectedGradients.length);
        all.slice(0, 2).forEach((result, i) => {
          expectSameGroup([result], [expectedGradients[i]!], 1e-5);
        });
        expectSameGroup(all, expectedGradients.slice(0, all.length), 1e-5);
      }
    });
  });

  it('refuses what does not fit', () => {
    const one: Case = { plan: 'every kind', shape: [1, 4, 4, 2] };
    const [s0, s1, ...rest] = inputs(one);
    expect(() => cell([s0!, tf.zeros([1, 4, 4, 4]), ...rest], one)).toThrow('1,4,4,2 and 1,4,4,4');
    expect(() => cell([s0!, s1!, ...rest.slice(1)], one)).toThrow('cannot take parameters');
    const states = [s0, s1] as [tf.Tensor4D, tf.Tensor4D];
    const refused = (plan: Partial<DerivedCellPlan>) =>
      expect(() => derivedCell(states, pack([]), { ...PLANS['DARTS_V2, reduction']!, ...plan })).toThrow(
        'expected edges by node from states before it',
      );
    refused({ edges: [{ node: 2, input: 0, kind: 'skip' }] });
    refused({ edges: [{ node: 3, input: 0, kind: 'max_pool' }] });
    refused({ edges: [{ node: 2, input: 2, kind: 'max_pool' }] });
    refused({ concat: [1] });
    const attrs = { ...PLANS['every kind'], epsilon: 1e-5, weights: true };
    const { size } = pack(rest);
    expect(() => kernel('UnnasDerivedCell', [s0!, s1!, tf.zeros([size + 1])], attrs)).toThrow(
      `parameters [${size + 1}] (of ${size} numbers)`,
    );
  });
});
