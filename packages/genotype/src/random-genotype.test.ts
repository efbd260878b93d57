import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genotypes } from '../fixtures/arbitrary-genotype.ts';
import { CANDIDATES, edgesByNode } from './genotype.ts';
import { randomGenotype } from './random-genotype.ts';

describe('randomGenotype', () => {
  it('draws what a search can end with', () => {
    fc.assert(
      fc.property(genotypes, ({ normal, reduce, normal_concat }) => {
        expect(normal_concat).toEqual(Array.from({ length: normal.length / 2 }, (_, i) => i + 2));
        for (const [i, [first, second]] of [...edgesByNode(normal), ...edgesByNode(reduce)].entries()) {
          const node = 2 + (i % normal_concat.length);
          expect(CANDIDATES.slice(1)).toContain(first![0]);
          expect(CANDIDATES.slice(1)).toContain(second![0]);
          expect(first![1]).toBeLessThan(second![1]);
          expect(second![1]).toBeLessThan(node);
        }
      }),
    );
  });

  it('draws operations and pairs of inputs uniformly', () => {
    // A Weyl sequence in many dimensions would do as well; this is the multiplicative generator of Park and Miller.
    let state = 1;
    const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const ops = new Map<string, number>();
    const pairs = new Map<string, number>();
    const draws = 6000;
    for (let i = 0; i < draws; i++) {
      const last = randomGenotype(uniform).normal.slice(6);
      for (const [op] of last) ops.set(op, (ops.get(op) ?? 0) + 1);
      const key = last.map(([, input]) => input).join();
      pairs.set(key, (pairs.get(key) ?? 0) + 1);
    }
    const chiSquared = (counts: Map<string, number>, cells: number, count: number) => {
      expect(counts.size).toBe(cells);
      return [...counts.values()].reduce(
        (sum, seen) => sum + (seen - count / cells) ** 2 / (count / cells),
        0,
      );
    };
    // The 0.1 % points for 6 and 9 degrees of freedom; the numbers are fixed, so this cannot flicker.
    expect(chiSquared(ops, 7, 2 * draws)).toBeLessThan(22.5);
    expect(chiSquared(pairs, 10, draws)).toBeLessThan(27.9);
  });

  it('needs an operation', () => {
    expect(() => randomGenotype(() => 0, { candidates: ['none'] })).toThrow(
      'expected a candidate other than none',
    );
  });
});
