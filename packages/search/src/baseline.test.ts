import { cost, type Genotype, publishedGenotypes, randomGenotype } from '@unnas/genotype';
import { accuracy } from '@unnas/pretext';
import { isInputError, Random } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Budget, baselineOf, checkBaseline } from './baseline.ts';
import { emptySums, epochRecord } from './epoch-record.ts';

const network = { cells: 3, channels: 4, stem: 'cifar', classes: 4, inputChannels: 3, size: 8 } as const;
const budget: Budget = {
  task: 'rotation',
  chanceMeasured: false,
  epochs: 2,
  batch: 4,
  pictures: { trained: 10, scored: 10 },
  drawSeed: 1,
  network,
};

/** Records of networks that get `right` of 1000 rows. */
function records(right: readonly number[]) {
  return right.map((scoredCorrect, i) => {
    const random = Random.of(3, i);
    const sample: Genotype = i === 0 ? publishedGenotypes.darts_v2 : randomGenotype(() => random.uniform());
    const sums = { ...emptySums(), steps: 1, tally: [4, 8], scoredTally: [scoredCorrect, 1000] };
    const result = { genotype: sample, sample, alphas: null, health: null };
    return epochRecord(i + 1, right.length, sums, { ...result, metric: accuracy({ classes: 4 }) });
  });
}

describe('baselineOf', () => {
  it('compares the first record with the others', () => {
    const baseline = baselineOf(records([600, 500, 400, 600, 700]), budget);
    expect(baseline).toMatchObject({ ...budget, chance: 0.25, best: 0.7, rank: 2, pValue: 3 / 5 });
    expect(baseline.mean).toBeCloseTo(0.55, 12);
    // Distances from the mean: 0.05, 0.15, 0.05, 0.15; their squares add up to 0.05.
    expect(baseline.deviation).toBeCloseTo(Math.sqrt(0.05 / 3), 12);
    expect(baseline.difference).toBeCloseTo(0.05, 12);
    expect(baseline.deviations).toBeCloseTo(0.05 / Math.sqrt(0.05 / 3), 10);
    expect(baseline.random.map(({ accuracy }) => accuracy)).toEqual([0.5, 0.4, 0.6, 0.7]);
    expect(baseline.found).toEqual({
      genotype: publishedGenotypes.darts_v2,
      accuracy: 0.6,
      trainAccuracy: 0.5,
      ...cost(publishedGenotypes.darts_v2, network),
    });
  });

  it('knows no deviation of one sample, and no multiple of none', () => {
    expect(baselineOf(records([600, 500]), budget)).toMatchObject({ deviation: null, deviations: null });
    const equal = baselineOf(records([600, 777, 777, 777]), budget);
    expect(equal).toMatchObject({ mean: 0.777, deviation: 0, deviations: null });
  });

  it('refuses fewer than two architectures, and records of none', () => {
    expect(() => baselineOf(records([600]), budget)).toThrow(RangeError);
    const [first, second] = records([1, 2]);
    expect(() => baselineOf([first!, { ...second!, sample: null }], budget)).toThrow(RangeError);
  });

  it('ranks and p-values stay within what so many samples can say, and do not depend on the order', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(scores, ([found, ...random]) => {
        const of = (others: number[]) => baselineOf(records([found!, ...others]), budget);
        const { rank, pValue, mean, best, deviation } = of(random);
        const n = random.length;
        expect(rank).toBeGreaterThanOrEqual(1);
        expect(rank).toBeLessThanOrEqual((n + 1) * pValue + 1e-9);
        expect(pValue).toBeGreaterThanOrEqual(1 / (n + 1));
        expect(pValue).toBeLessThanOrEqual(1);
        expect(mean).toBeLessThanOrEqual(best + 1e-12);
        const turned = of(random.toReversed());
        expect(turned).toMatchObject({ rank, pValue, best });
        expect(turned.deviation ?? 0).toBeCloseTo(deviation ?? 0, 12);
      }),
    );
  });
});

describe('checkBaseline', () => {
  it('takes what JSON has kept, and nothing else', () => {
    const baseline = baselineOf(records([600, 500]), budget);
    expect(checkBaseline(JSON.parse(JSON.stringify(baseline)), 'b.json')).toEqual(baseline);
    for (const [value, message] of [
      [null, 'b.json is not the outcome of a comparison'],
      [{}, 'b.json is not the outcome of a comparison'],
      [{ ...baseline, version: 9 }, 'b.json is of version 9'],
    ] as const) {
      try {
        checkBaseline(value, 'b.json');
        expect.unreachable();
      } catch (error) {
        expect(isInputError(error)).toBe(true);
        expect((error as Error).message).toContain(message);
      }
    }
  });
});
