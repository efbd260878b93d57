import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cheapestAssignment } from './assignment.ts';
import { hammingPermutations } from './hamming-permutations.ts';
import { checkedPermutations, type PermutationSet, permutationSet } from './permutation-set.ts';

/** All permutations of 0 to n - 1 in lexicographic order. */
function all(n: number): number[][] {
  const extend = (head: number[]): number[][] =>
    head.length === n
      ? [head]
      : Array.from({ length: n }, (_, v) => v).flatMap((v) => (head.includes(v) ? [] : extend([...head, v])));
  return extend([]);
}

function distance(a: readonly number[], b: readonly number[]): number {
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) different++;
  return different;
}

/** Greedy, by looking at all permutations. */
function greedy(first: readonly number[], count: number): PermutationSet {
  const chosen = [first];
  const left = all(first.length).filter((permutation) => permutation.join() !== first.join());
  const sums = left.map(() => 0);
  while (chosen.length < count) {
    for (const [i, permutation] of left.entries()) sums[i]! += distance(permutation, chosen.at(-1)!);
    const best = sums.indexOf(Math.max(...sums));
    chosen.push(left[best]!);
    left.splice(best, 1);
    sums.splice(best, 1);
  }
  return chosen;
}

describe('hammingPermutations', () => {
  it('takes the farthest of all each time, the first of those as far: for all of a grid of 2', () => {
    for (const seed of [0, 1, 2]) {
      const set = hammingPermutations({ grid: 2, count: 24, seed });
      expect(set).toEqual(greedy(set[0]!, 24));
    }
  });

  it('does so for a grid of 3', () => {
    const set = hammingPermutations({ grid: 3, count: 12, seed: 5 });
    const everything = all(9);
    const sums = new Int32Array(everything.length);
    for (const [k, permutation] of set.entries()) {
      if (k > 0) {
        const known = new Set(set.slice(0, k).map((row) => row.join()));
        const most = sums.reduce((a, b) => Math.max(a, b));
        const best = sums.findIndex((sum, i) => sum === most && !known.has(everything[i]!.join()));
        expect(permutation).toEqual(everything[best]);
      }
      for (let i = 0; i < sums.length; i++) sums[i]! += distance(everything[i]!, permutation);
    }
  });

  it('makes sets for larger grids, as good as the bound', () => {
    const set = checkedPermutations(hammingPermutations({ grid: 4, count: 48 }), 4);
    let sum = 0;
    for (const [i, a] of set.entries()) for (const b of set.slice(0, i)) sum += distance(a, b);
    // Best is when each slot is at each patch alike often: 3 of 48.
    const agreeing = 16 * 16 * ((3 * 2) / 2);
    expect(sum).toBe(16 * ((48 * 47) / 2) - agreeing);
  });

  it('is deterministic, and starts at random', () => {
    const of = (seed: number) => hammingPermutations({ grid: 3, count: 5, seed });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('refuses what no grid has', () => {
    expect(() => hammingPermutations({ grid: 2, count: 25 })).toThrow(
      'a grid of 2 has 2 to 24 permutations, got 25',
    );
    expect(() => hammingPermutations({ grid: 1, count: 1 })).toThrow('at least 2 tiles');
  });
});

describe('cheapestAssignment', () => {
  it('is the first of the cheapest permutations', () => {
    const tables = fc
      .integer({ min: 1, max: 5 })
      .chain((n) =>
        fc.array(fc.array(fc.nat(6), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }),
      );
    fc.assert(
      fc.property(tables, fc.nat(4), fc.nat(), (costs, fixed, seed) => {
        const n = costs.length;
        const permutations = all(n);
        const some = permutations[seed % permutations.length]!;
        const head = some.slice(0, Math.min(fixed, n - 1));
        const without = some.slice(head.length, head.length + 1);
        const cost = (slots: readonly number[]) =>
          slots.reduce((sum, slot, row) => sum + costs[row]![slot]!, 0);
        const left = permutations.filter(
          (slots) => head.every((slot, i) => slots[i] === slot) && slots[head.length] !== without[0],
        );
        const least = Math.min(...left.map(cost));
        const expected = left.find((slots) => cost(slots) === least);
        expect(cheapestAssignment(costs, head, without)).toEqual(
          expected && { slots: expected, cost: least },
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('the sets of the paper', () => {
  it('have the properties that are known of them', () => {
    expect(permutationSet({ grid: 2, count: 24 })).toEqual(all(4));
    const thousand = checkedPermutations(permutationSet({ grid: 3, count: 1000 }), 3);
    expect(thousand[0]).toEqual([8, 1, 6, 3, 5, 0, 4, 2, 7]);
    const counts = new Map<number, number>();
    for (const [i, a] of thousand.entries()) {
      for (let j = 0; j < i; j++) {
        const d = distance(a, thousand[j]!);
        counts.set(d, (counts.get(d) ?? 0) + 1);
      }
    }
    expect([...counts].sort()).toEqual([
      [2, 340],
      [3, 741],
      [4, 2780],
      [5, 7290],
      [6, 28303],
      [7, 85969],
      [8, 188771],
      [9, 185306],
    ]);
    const more = checkedPermutations(permutationSet({ grid: 3, count: 2000 }), 3);
    expect([more.length, more[0], more[1]]).toEqual([2000, [3, 4, 1, 7, 2, 6, 0, 8, 5], all(9)[0]]);
  });

  it('makes a set of any other size', () => {
    expect(permutationSet({ grid: 3, count: 7 })).toEqual(hammingPermutations({ grid: 3, count: 7 }));
  });
});

describe('checkedPermutations', () => {
  it.each([
    ['none', 'at least 2 lists'],
    [[[0, 1, 2, 3]], 'at least 2 lists of the numbers 0 to 3, got 1'],
    [
      [
        [0, 1, 2, 3],
        [0, 1, 2],
      ],
      'permutation 1 for a grid of 2 holds each of the numbers 0 to 3 once, got [0,1,2]',
    ],
    [
      [
        [0, 1, 2, 3],
        [0, 1, 2, 2],
      ],
      'got [0,1,2,2]',
    ],
    [
      [
        [0, 1, 2, 3],
        [0, 1, 2, 4],
      ],
      'got [0,1,2,4]',
    ],
    [
      [
        [0, 1, 2, 3],
        [0, 1, 3, 2],
        [0, 1, 2, 3],
      ],
      '0 and 2 are both [0,1,2,3]',
    ],
  ])('refuses %j', (value, message) => {
    expect(() => checkedPermutations(value, 2)).toThrow(message as string);
  });
});
