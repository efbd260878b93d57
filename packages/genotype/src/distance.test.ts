import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genotypes } from '../fixtures/arbitrary-genotype.ts';
import { distance, equalGenotypes } from './distance.ts';
import { edgesByNode, type Genotype } from './genotype.ts';
import { publishedGenotypes } from './published-genotypes.ts';

const swapped = (genotype: Genotype): Genotype => ({
  ...genotype,
  normal: edgesByNode(genotype.normal).flatMap((pair) => pair.reverse()),
  reduce_concat: [...genotype.reduce_concat].reverse(),
});

describe('distance', () => {
  it('is a metric', () => {
    fc.assert(
      fc.property(genotypes, genotypes, genotypes, (a, b, c) => {
        expect(distance(a, a)).toBe(0);
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c));
        const written = (g: Genotype) =>
          JSON.stringify(
            [g.normal, g.reduce].map((edges) => edgesByNode(edges).map((pair) => pair.map(String).sort())),
          );
        expect(distance(a, b) === 0).toBe(written(a) === written(b));
      }),
    );
  });

  it('does not look at the order of the edges of a node', () => {
    fc.assert(
      fc.property(genotypes, (genotype) => {
        expect(equalGenotypes(genotype, swapped(genotype))).toBe(true);
      }),
    );
  });

  it('counts edges', () => {
    const a: Genotype = publishedGenotypes.darts_v2;
    expect(distance(a, { ...a, normal: a.normal.with(6, ['none', 0]) })).toBe(1);
    expect(distance(a, { ...a, normal: a.normal.with(6, ['none', 0]).with(0, ['none', 0]) })).toBe(2);
    expect(distance(a, { ...a, normal_concat: [3, 4, 5] })).toBe(1);
    // An edge twice in a node is not the same as once.
    expect(distance(a, { ...a, normal: a.normal.with(1, a.normal[0]!) })).toBe(1);
    expect(equalGenotypes(a, publishedGenotypes.darts_v1)).toBe(false);
    // Worked out by hand: nodes of the normal cell 0, 1, 0, 2, of the reduction cell 0, 1, 0, 1.
    expect(distance(a, publishedGenotypes.darts_v1)).toBe(5);
  });
});
