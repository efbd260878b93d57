import { inputError } from '@unnas/random';
import { hammingPermutations } from './hamming-permutations.ts';
import { GRID_3_OF_1000, GRID_3_OF_2000 } from './published-permutations.ts';

/** Permutations that a puzzle tells apart. Each gives, for each patch of the grid in row-major order, the slot of its tile. */
export type PermutationSet = readonly (readonly number[])[];

/**
 * A set by its size: those of the paper where there is one (24 for a grid of 2, which are all; 1000 and 2000 for a grid of 3), and
 * else one of `hammingPermutations`.
 */
export function permutationSet({
  grid,
  count,
}: {
  readonly grid: number;
  readonly count: number;
}): PermutationSet {
  if (grid === 3 && count === 1000) return parsed(GRID_3_OF_1000);
  if (grid === 3 && count === 2000) return parsed(GRID_3_OF_2000);
  if (grid === 2 && count === 24) return allPermutations(4);
  return hammingPermutations({ grid, count });
}

function parsed(text: string): PermutationSet {
  return text
    .trim()
    .split(/\s+/)
    .map((digits) => Array.from(digits, Number));
}

/** All permutations of 0 to n - 1 in lexicographic order. */
function allPermutations(n: number): number[][] {
  let begun: number[][] = [[]];
  for (let place = 0; place < n; place++) {
    begun = begun.flatMap((head) =>
      Array.from({ length: n }, (_, value) => value)
        .filter((value) => !head.includes(value))
        .map((value) => [...head, value]),
    );
  }
  return begun;
}

/** The set, if it is one for this grid. Throws an input error that says what is wrong with it. */
export function checkedPermutations(value: unknown, grid: number): PermutationSet {
  const tiles = grid * grid;
  if (!Array.isArray(value) || value.length < 2) {
    throw inputError(
      `permutations are a list of at least 2 lists of the numbers 0 to ${tiles - 1}, got ${Array.isArray(value) ? `${value.length}` : typeof value}`,
    );
  }
  const seen = new Map<string, number>();
  for (const [i, row] of value.entries()) {
    const fits =
      Array.isArray(row) &&
      row.length === tiles &&
      new Set(row).size === tiles &&
      row.every((slot) => Number.isInteger(slot) && slot >= 0 && slot < tiles);
    if (!fits) {
      throw inputError(
        `permutation ${i} for a grid of ${grid} holds each of the numbers 0 to ${tiles - 1} once, got ${JSON.stringify(row)}`,
      );
    }
    const twin = seen.get(row.join());
    if (twin !== undefined) {
      throw inputError(
        `permutations differ from each other, and ${twin} and ${i} are both ${JSON.stringify(row)}`,
      );
    }
    seen.set(row.join(), i);
  }
  return value;
}
