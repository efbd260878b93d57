import * as tf from '@tensorflow/tfjs';
import { type Activations, pack, searchCell, searchCellFilters, valueAndGradients } from '@unnas/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { setThreads } from '../addon.ts';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { kernel, native, normal, type Result, stock, useNative } from '../testing/oracle.ts';

interface Case {
  readonly shape: [number, number, number, number];
  readonly reduction: boolean;
}

/** s0, s1, mix and all filters. */
function inputs({ shape, reduction }: Case): tf.Tensor[] {
  const filters = searchCellFilters(shape[3], reduction).map(([height, width, from, to], i) => {
    const fanIn = height * width * (to === 1 ? 1 : from);
    return normal<tf.Rank.R4>([height, width, from, to], 10 + i).div(Math.sqrt(fanIn)) as tf.Tensor;
  });
  return [normal(shape, 1), normal(shape, 2), tf.softmax(normal<tf.Rank.R2>([14, 7], 3)), ...filters];
}

/** On stock tfjs this is the composition of the candidates' ops, on the native backend one kernel. */
function cell(
  given: readonly tf.Tensor[],
  { reduction }: Case,
  frozen = false,
  activations: Activations = 'float32',
  fixed: readonly [boolean, boolean] = [false, false],
) {
  const [s0, s1, mix, ...filters] = given;
  return searchCell([s0 as tf.Tensor4D, s1 as tf.Tensor4D], mix as tf.Tensor2D, pack(filters), {
    ...{ reduction, frozen, activations, fixed },
  });
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

describe('the search cell', () => {
  beforeAll(useNative);

  it.each<Case>([
    { shape: [2, 8, 8, 16], reduction: false },
    { shape: [3, 8, 8, 16], reduction: true },
    { shape: [2, 5, 7, 6], reduction: false },
    { shape: [2, 5, 7, 6], reduction: true },
    { shape: [35, 2, 3, 10], reduction: true }, // several images a piece of work
    { shape: [1, 12, 9, 34], reduction: false },
    { shape: [1, 3, 70, 2], reduction: true }, // several chunks a row
  ])('is its composition, at $shape, reduction $reduction', async (one) => {
    const forward = () => {
      const { y, mean, variance } = cell(inputs(one), one);
      return [y, mean, variance];
    };
    const expected = await stock(forward);
    const gradients = (frozen: boolean) => () => {
      const all = inputs(one);
      const wanted = frozen ? 3 : all.length;
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
        expect(all.length).toBe(frozen ? 3 : expectedGradients.length);
        all.slice(0, 3).forEach((result, i) => {
          expectSameGroup([result], [expectedGradients[i]!], 1e-5);
        });
        expectSameGroup(all, expectedGradients.slice(0, all.length), 1e-5);
      }
    });
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
  ])('gives the same bits where it need not compute the gradients of fixed states (%s, %s)', (...fixed) => {
    for (const reduction of [false, true]) {
      const one: Case = { shape: [2, 6, 5, 4], reduction };
      const all = inputs(one);
      const [s0, s1, mix] = all as [tf.Tensor, tf.Tensor, tf.Tensor];
      const gradients = (targets: Record<string, tf.Tensor>, ...options: Parameters<typeof cell>[4][]) => {
        const loss = () =>
          cell(all, one, true, 'float32', ...options)
            .y.square()
            .sum() as tf.Scalar;
        const found = valueAndGradients(loss, targets).gradients;
        return Object.values(found).map((tensor) => [...tensor.dataSync()]);
      };
      expect(gradients({ mix }, fixed)).toEqual(gradients({ mix }));
      const wanted = { mix, ...(fixed[0] ? {} : { s0 }), ...(fixed[1] ? {} : { s1 }) };
      expect(gradients(wanted, fixed)).toEqual(gradients(wanted));
      // It is a hint: who asks all the same gets them.
      expect(gradients({ mix, s0, s1 }, fixed)).toEqual(gradients({ mix, s0, s1 }));
    }
  });

  // Where float32 is off in its last bit a map may round the other way, which the following stages spread: so outputs agree less
  // closely than without rounding, and ReLUs that open or close show in gradients. What the first stages made is not yet
  // spread, and tells rounded from unrounded maps sharply.
  it.each<Case>([
    { shape: [2, 8, 8, 16], reduction: false },
    { shape: [3, 8, 8, 6], reduction: true },
    { shape: [1, 7, 5, 34], reduction: false },
  ])(
    'keeps maps as bfloat16 as the rounded composition does, at $shape, reduction $reduction',
    async (one) => {
      const first = one.reduction ? 3 : 2;
      const passes = (activations: Activations) => () => {
        const all = inputs(one);
        const { y, mean } = cell(all, one, false, activations);
        const gradients = tf.grads((...given) => cell(given, one, false, activations).y)(
          all,
          normal(y.shape as Case['shape'], 4),
        );
        return [mean.slice([first], [1]), y, ...gradients];
      };
      const rounded = await stock(passes('bfloat16'));
      const unrounded = await stock(passes('float32'));
      const group = (results: readonly Result[]) => ({
        means: results.slice(0, 1),
        outputs: results.slice(1, 2),
        gradients: results.slice(2),
      });
      await forEachIsa(async () => {
        const results = await native(passes('bfloat16'));
        const [actual, expected, exact] = [results, rounded, unrounded].map(group);
        expectSameGroup(actual!.means, expected!.means, 2e-5);
        expect(() => expectSameGroup(actual!.means, exact!.means, 2e-5)).toThrow();
        expectSameGroup(actual!.outputs, expected!.outputs, 6e-4);
        expectSameGroup(actual!.gradients, expected!.gradients, 2e-2);
        expectSameGroup(actual!.outputs, exact!.outputs, 5e-3);
        expectSameGroup(actual!.gradients, exact!.gradients, 6e-2);
        setThreads(1);
        try {
          expect(await native(passes('bfloat16'))).toEqual(results);
        } finally {
          setThreads(0);
        }
      });
    },
  );

  it.each([false, true])('takes the filters in the order of their shapes, reduction %s', (reduction) => {
    const { length } = searchCellFilters(4, reduction);
    expect(length).toBe(14 * 2 * 6 + (reduction ? 8 * 2 : 0));
    expect(searchCellFilters(4, reduction).slice(0, 4)).toEqual(
      [
        ...(reduction
          ? [
              [1, 1, 4, 2],
              [1, 1, 4, 2],
            ]
          : []),
        ...[
          [3, 3, 4, 1],
          [1, 1, 4, 4],
          [3, 3, 4, 1],
          [1, 1, 4, 4],
        ],
      ].slice(0, 4),
    );
  });

  it('refuses states of different sizes, and filters of another number', () => {
    const [s0, s1, mix, ...rest] = inputs({ shape: [1, 4, 4, 2], reduction: false });
    const attrs = { reduction: false, epsilon: 1e-5, weights: true, bfloat16: false };
    const filters = pack(rest);
    expect(() => kernel('UnnasSearchCell', [s0!, tf.zeros([1, 4, 4, 4]), mix!, filters], attrs)).toThrow(
      'states [1,4,4,2] and [1,4,4,4]',
    );
    expect(() => kernel('UnnasSearchCell', [s0!, s1!, mix!, filters.slice(1)], attrs)).toThrow(
      `filters [${filters.size - 1}] (of ${filters.size} numbers)`,
    );
  });
});
