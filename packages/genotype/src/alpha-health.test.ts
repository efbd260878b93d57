import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alphaHealth, collapseWarnings, skipConnections } from './alpha-health.ts';
import { CANDIDATES, type Genotype } from './genotype.ts';
import { publishedGenotypes } from './published-genotypes.ts';

const constant = (row: readonly number[]) => Array.from({ length: 14 }, () => [...row]);
const uniform = constant(Array(8).fill(0));
const favours = (name: (typeof CANDIDATES)[number], by = 3) =>
  constant(CANDIDATES.map((candidate) => (candidate === name ? by : 0)));

describe('alphaHealth', () => {
  it('measures uniform alphas', () => {
    const { normal } = alphaHealth({ normal: uniform, reduce: uniform });
    expect(normal.noneMass).toBeCloseTo(1 / 8, 15);
    expect(normal.entropy).toBeCloseTo(Math.log(8), 12);
    expect(normal.relativeEntropy).toBeCloseTo(1, 12);
    expect(normal.skips).toBe(0);
    expect(normal.edges).toBe(8);
  });

  it('measures each cell on its own', () => {
    const { normal, reduce } = alphaHealth({ normal: favours('skip_connect'), reduce: favours('none') });
    const share = Math.exp(3) / (Math.exp(3) + 7);
    expect(normal.skips).toBe(8);
    expect(normal.noneMass).toBeCloseTo((1 - share) / 7, 12);
    expect(reduce.skips).toBe(0);
    expect(reduce.noneMass).toBeCloseTo(share, 12);
    expect(reduce.entropy).toBeCloseTo(
      -share * Math.log(share) - (1 - share) * Math.log((1 - share) / 7),
      12,
    );
  });

  it('stays within its bounds, for alphas of any size', () => {
    const row = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 8, maxLength: 8 });
    const matrix = fc.array(row, { minLength: 14, maxLength: 14 });
    fc.assert(
      fc.property(matrix, matrix, (normal, reduce) => {
        for (const cell of Object.values(alphaHealth({ normal, reduce }))) {
          expect(cell.noneMass).toBeGreaterThanOrEqual(0);
          expect(cell.noneMass).toBeLessThanOrEqual(1);
          expect(cell.relativeEntropy).toBeGreaterThanOrEqual(0);
          expect(cell.relativeEntropy).toBeLessThanOrEqual(1 + 1e-12);
          expect(cell.skips).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  it('works where none is no candidate', () => {
    const rows = Array.from({ length: 14 }, () => [0, 0]);
    const { normal } = alphaHealth(
      { normal: rows, reduce: rows },
      { candidates: ['skip_connect', 'sep_conv_3x3'] },
    );
    expect(normal.noneMass).toBe(0);
    expect(normal.skips).toBe(8);
  });
});

describe('collapseWarnings', () => {
  it('says nothing about uniform alphas, nor about published cells', () => {
    const health = alphaHealth({ normal: uniform, reduce: uniform });
    expect(collapseWarnings(health)).toEqual([]);
    for (const genotype of Object.values<Genotype>(publishedGenotypes)) {
      const skips = skipConnections(genotype);
      expect(collapseWarnings({ ...health, normal: { ...health.normal, skips } })).toEqual([]);
    }
  });

  it('names skip connections and the weight of none', () => {
    expect(collapseWarnings(alphaHealth({ normal: favours('skip_connect'), reduce: uniform }))).toEqual([
      expect.stringContaining('8 of the 8 edges of the normal cell are skip connections'),
    ]);
    expect(collapseWarnings(alphaHealth({ normal: uniform, reduce: favours('none') }))).toEqual([
      expect.stringContaining('The candidate none holds 74 % of the weight in the reduce cell'),
    ]);
  });
});
