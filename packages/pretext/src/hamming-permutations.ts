import { inputError, Random } from '@unnas/random';
import { type Assignment, cheapestAssignment } from './assignment.ts';
import type { PermutationSet } from './permutation-set.ts';

export interface HammingPermutationsOptions {
  /** Patches on a side. */
  readonly grid: number;
  /** How many permutations. */
  readonly count: number;
  /** Of the first permutation; 0 by default. */
  readonly seed?: number;
}

/**
 * Permutations of the tiles of a grid that are far from each other: the first is random, and each further one has the largest mean
 * Hamming distance to all before it; of those as far, the first in lexicographic order (Noroozi and Favaro, ECCV 2016, algorithm 1).
 * The same options give the same set. A set is plain JSON, so it can be kept in a file and given to `jigsaw({ permutations })`.
 *
 * The farthest is found without a look at all permutations, of which a grid of 4 has 2 * 10^13: the sum of the distances to those
 * before is largest where few of them have the same slots, so it is an assignment of slots to patches that costs as much as there
 * are permutations with that slot at that patch.
 */
export function hammingPermutations({ grid, count, seed = 0 }: HammingPermutationsOptions): PermutationSet {
  if (!Number.isSafeInteger(grid) || grid < 2) {
    throw inputError(`the grid of a jigsaw is a whole number of at least 2 tiles on a side, got ${grid}`);
  }
  const tiles = grid * grid;
  const all = Array.from({ length: tiles }, (_, i) => i + 1).reduce((product, n) => product * n, 1);
  if (!Number.isSafeInteger(count) || count < 2 || count > all) {
    throw inputError(
      `a grid of ${grid} has 2 to ${all > 1e15 ? all.toExponential(0) : all} permutations, got ${count}`,
    );
  }
  const chosen: number[][] = [];
  const known = new Set<string>();
  const costs = Array.from({ length: tiles }, () => new Array<number>(tiles).fill(0));
  for (let i = 0; i < count; i++) {
    const next =
      i === 0 ? [...Random.of(seed, 'permutations', grid).permutation(tiles)] : farthest(costs, known);
    chosen.push(next);
    known.add(next.join());
    for (const [patch, slot] of next.entries()) costs[patch]![slot]!++;
  }
  return chosen;
}

/** A part of all permutations: those that begin with `head` and go on with none of the slots in `without`. */
interface Part {
  readonly head: readonly number[];
  readonly without: readonly number[];
  /** The cheapest of them. */
  readonly best: Assignment;
}

/**
 * The cheapest permutation that is not known yet, of equal ones the first in lexicographic order. Permutations are visited in that
 * order: whenever the best of a part is known already, the part is divided into those that leave it at its first, second, ... place
 * (Murty, "An algorithm for ranking all the assignments", 1968).
 */
function farthest(costs: readonly (readonly number[])[], known: ReadonlySet<string>): number[] {
  const whole = cheapestAssignment(costs, [], []);
  const parts: Part[] = whole === undefined ? [] : [{ head: [], without: [], best: whole }];
  for (;;) {
    const first = parts.reduce((a, b) => (isBefore(b.best, a.best) ? b : a));
    if (!known.has(first.best.slots.join())) return first.best.slots;
    parts.splice(parts.indexOf(first), 1);
    for (let place = first.head.length; place < costs.length - 1; place++) {
      const head = first.best.slots.slice(0, place);
      const inherited = place === first.head.length ? first.without : [];
      const without = [...inherited, first.best.slots[place]!];
      const best = cheapestAssignment(costs, head, without);
      if (best !== undefined) parts.push({ head, without, best });
    }
  }
}

function isBefore(a: Assignment, b: Assignment): boolean {
  if (a.cost !== b.cost) return a.cost < b.cost;
  const place = a.slots.findIndex((slot, i) => slot !== b.slots[i]);
  return place >= 0 && a.slots[place]! < b.slots[place]!;
}
