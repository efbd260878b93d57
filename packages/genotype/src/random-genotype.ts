import { CANDIDATES, type Edge, type Genotype } from './genotype.ts';

export interface RandomGenotypeOptions {
  /** Operations to draw from; those of DARTS by default. `none` is never drawn. */
  readonly candidates?: readonly string[];
  /** Inner nodes of a cell, 4 by default. */
  readonly nodes?: number;
}

/**
 * A genotype drawn uniformly among those that a search can end with: each node reads two different earlier
 * states, each through an operation other than `none`. The smaller input stands first.
 *
 * @param uniform gives random numbers in [0, 1)
 */
export function randomGenotype(uniform: () => number, options: RandomGenotypeOptions = {}): Genotype {
  const { candidates = CANDIDATES, nodes = 4 } = options;
  const ops = candidates.filter((name) => name !== 'none');
  if (ops.length === 0) {
    throw new RangeError(`expected a candidate other than none, got [${candidates.join(', ')}]`);
  }
  const below = (count: number) => Math.floor(uniform() * count);
  const cell = (): Edge[] => {
    const edges: Edge[] = [];
    for (let node = 2; node < nodes + 2; node++) {
      const first = below(node);
      const other = below(node - 1);
      const second = other < first ? other : other + 1;
      for (const input of [Math.min(first, second), Math.max(first, second)]) {
        edges.push([ops[below(ops.length)]!, input]);
      }
    }
    return edges;
  };
  const concat = Array.from({ length: nodes }, (_, i) => i + 2);
  return { normal: cell(), normal_concat: concat, reduce: cell(), reduce_concat: [...concat] };
}
