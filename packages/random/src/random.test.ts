import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32());

describe('Random', () => {
  it('gives the same numbers for the same path, and others for another path', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.oneof(fc.string(), fc.nat())), fc.nat(), (seed, path, index) => {
        const numbers = draw(Random.of(seed, ...path, index), 4);
        expect(draw(Random.of(seed, ...path, index), 4)).toEqual(numbers);
        expect(draw(Random.of(seed, ...path, index + 1), 4)).not.toEqual(numbers);
        expect(draw(Random.of(seed + 1, ...path, index), 4)).not.toEqual(numbers);
      }),
    );
  });

  it('splits without looking at what was drawn', () => {
    const drawn = Random.of(3);
    draw(drawn, 100);
    expect(draw(drawn.split('a', 1), 3)).toEqual(draw(Random.of(3, 'a', 1), 3));
  });

  it('tells apart a number, its text, and another split of the same letters', () => {
    const streams = [
      Random.of(1, 12),
      Random.of(1, '12'),
      Random.of(1, 1, 2),
      Random.of(1, '1', '2'),
      Random.of(1, 'ab', 'c'),
      Random.of(1, 'a', 'bc'),
    ].map((random) => draw(random, 2).join());
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('is uniform: chi-squared over 64 cells, also across neighbouring streams', () => {
    for (const next of [
      (
        (random) => () =>
          random.uniform()
      )(Random.of(11)),
      (
        (index) => () =>
          Random.of(11, 'augment', index++).uniform()
      )(0),
    ]) {
      const count = 64_000;
      const cells = new Float64Array(64);
      for (let i = 0; i < count; i++) cells[Math.floor(next() * 64)]!++;
      const expected = count / 64;
      const chiSquared = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      // 63 degrees of freedom: mean 63, standard deviation 11.2; the seed is fixed, so this cannot flicker.
      expect(chiSquared).toBeGreaterThan(63 - 4 * 11.2);
      expect(chiSquared).toBeLessThan(63 + 4 * 11.2);
    }
  });

  it('has normal moments', () => {
    const random = Random.of(5);
    const count = 100_000;
    let first = 0;
    let second = 0;
    let fourth = 0;
    for (let i = 0; i < count; i++) {
      const x = random.normal();
      first += x;
      second += x * x;
      fourth += x ** 4;
    }
    expect(first / count).toBeCloseTo(0, 1.5);
    expect(second / count).toBeCloseTo(1, 1.5);
    expect(Math.abs(fourth / count - 3)).toBeLessThan(0.15);
  });

  it('permutes', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, count) => {
        const sorted = Random.of(seed).permutation(count).sort();
        expect([...sorted]).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    );
  });

  it('refuses a seed that is no whole number', () => {
    expect(() => Random.of(0.5)).toThrow('a seed is a whole number, got 0.5');
    expect(() => Random.of(1).integer(0)).toThrow('at least 1');
  });
});
