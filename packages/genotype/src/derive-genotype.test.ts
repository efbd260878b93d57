import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/derived-genotypes.json';
import { deriveGenotype, softmaxRows } from './derive-genotype.ts';
import { CANDIDATES, edgesByNode } from './genotype.ts';

/** Whole numbers have exact ties often, and stay exact when a whole number is added. */
const row = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 8, maxLength: 8 });
const matrix = fc.array(row, { minLength: 14, maxLength: 14 });
const alphas = fc.record({ normal: matrix, reduce: matrix });

describe('deriveGenotype', () => {
  it.each(fixture.cases.map((example, i) => [i, example] as const))(
    'gives the cells of the original code, case %i',
    (_, example) => {
      const exact = (rows: number[][]) => rows.map((numbers) => numbers.map(Math.fround));
      const { normal, reduce } = example.alphas;
      expect(deriveGenotype({ normal: exact(normal), reduce: exact(reduce) })).toEqual({
        normal: example.normal,
        normal_concat: [2, 3, 4, 5],
        reduce: example.reduce,
        reduce_concat: [2, 3, 4, 5],
      });
    },
  );

  it('covers exact ties and rows that none dominates', () => {
    const rows = fixture.cases.flatMap((example) => [...example.alphas.normal, ...example.alphas.reduce]);
    expect(fixture.cases).toHaveLength(15);
    expect(rows.some((r) => new Set(r).size === 1)).toBe(true);
    expect(rows.some((r) => r[0]! > Math.max(...r.slice(1)))).toBe(true);
  });

  it('never keeps none, nor two edges from the same state', () => {
    fc.assert(
      fc.property(alphas, (numbers) => {
        const genotype = deriveGenotype(numbers);
        for (const edges of [genotype.normal, genotype.reduce]) {
          expect(edges).toHaveLength(8);
          for (const [i, [first, second]] of edgesByNode(edges).entries()) {
            expect([first![0], second![0]]).not.toContain('none');
            expect(first![1]).not.toBe(second![1]);
            expect(Math.max(first![1], second![1])).toBeLessThan(i + 2);
          }
        }
      }),
    );
  });

  it('does not change when a number is added to a row', () => {
    fc.assert(
      fc.property(alphas, fc.nat(13), fc.integer({ min: -50, max: 50 }), (numbers, at, shift) => {
        const shifted = numbers.normal.map((r, i) => (i === at ? r.map((alpha) => alpha + shift) : r));
        expect(deriveGenotype({ ...numbers, normal: shifted })).toEqual(deriveGenotype(numbers));
      }),
    );
  });

  it('keeps the first of two edges whose numbers are the same in another order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0.1, 0.2, 0.3, 0.7, 1.1, 1.3, 2.9], { minLength: 7 }), (others) => {
        const tie = [0.1, 0.2, 0.3, 0.7, 1.1, 1.3, 2.9];
        const rows = [[0, ...tie], [0, ...others], ...Array.from({ length: 12 }, () => Array(8).fill(0))];
        const [first, second] = deriveGenotype({ normal: rows, reduce: rows }).normal;
        expect([first![1], second![1]]).toEqual([0, 1]);
      }),
    );
  });

  it('lets the weight of none decide between edges', () => {
    const rows = Array.from({ length: 14 }, () => [0, 0, 0, 0, 1, 0, 0, 0]);
    rows[0] = [9, 0, 0, 0, 2, 0, 0, 0];
    rows[2] = [9, 0, 0, 0, 2, 0, 0, 0];
    const { normal } = deriveGenotype({ normal: rows, reduce: rows });
    expect(normal.slice(0, 4).map(([, input]) => input)).toEqual([1, 0, 1, 2]);
  });

  it('works with other candidates and another number of nodes', () => {
    const rows = Array.from({ length: 5 }, () => [0, 1]);
    expect(
      deriveGenotype({ normal: rows, reduce: rows }, { candidates: ['conv', 'none'], nodes: 2 }),
    ).toMatchObject({
      normal: [
        ['conv', 0],
        ['conv', 1],
        ['conv', 0],
        ['conv', 1],
      ],
      reduce_concat: [2, 3],
    });
  });

  it('says what is wrong with alphas', () => {
    const rows = Array.from({ length: 14 }, () => Array<number>(8).fill(0));
    const broken = rows.map((r, i) => (i === 3 ? r.with(2, Number.NaN) : r));
    expect(() => deriveGenotype({ normal: rows.slice(1), reduce: rows })).toThrow(
      'expected 14 rows of alphas for the normal cell (4 nodes), got 13',
    );
    expect(() => deriveGenotype({ normal: rows, reduce: broken })).toThrow(
      'expected finite alphas, got NaN in reduce[3][2]',
    );
    expect(() =>
      deriveGenotype({ normal: rows, reduce: rows }, { candidates: CANDIDATES.slice(0, 7) }),
    ).toThrow('expected 7 alphas in normal[0], got 8');
  });
});

describe('softmaxRows', () => {
  it('gives weights that sum to 1, for numbers of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { minLength: 1, maxLength: 9 }),
        (numbers) => {
          const [weights] = softmaxRows([numbers]);
          expect(weights!.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
        },
      ),
    );
    expect(softmaxRows([[0, Math.log(3)]])[0]![1]).toBeCloseTo(0.75, 15);
  });
});
