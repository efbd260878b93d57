import { type Alphas, CANDIDATES, type CellKind, type Edge, edgeCount, type Genotype } from './genotype.ts';

export interface DeriveOptions {
  /** Names of the columns of the alphas; those of DARTS by default. */
  readonly candidates?: readonly string[];
  /** Inner nodes of a cell, 4 by default. */
  readonly nodes?: number;
}

/**
 * The genotype that alphas stand for (DARTS, section 2.4): an edge scores the largest softmax weight among
 * its candidates other than `none`; each node keeps its two best edges, best first, each with its best
 * candidate other than `none`. The weight of `none` counts in the softmax, so it lowers the score of an edge.
 * On ties the earlier edge and the earlier candidate win.
 *
 * @param alphas one row an edge, one column a candidate, for both kinds of cell (14x8 each in DARTS)
 * @throws RangeError if the sizes do not match or a number is not finite
 */
export function deriveGenotype(alphas: Alphas, options: DeriveOptions = {}): Genotype {
  const { candidates = CANDIDATES, nodes = 4 } = options;
  const concat = Array.from({ length: nodes }, (_, i) => i + 2);
  return {
    normal: deriveCell('normal', alphas, candidates, nodes),
    normal_concat: concat,
    reduce: deriveCell('reduce', alphas, candidates, nodes),
    reduce_concat: [...concat],
  };
}

/**
 * The softmax of each row. The terms are summed from the smallest up, so that rows with the same numbers in
 * another order have the very same weights.
 */
export function softmaxRows(alphas: readonly (readonly number[])[]): number[][] {
  return alphas.map((row) => {
    const largest = Math.max(...row);
    const exponentials = row.map((alpha) => Math.exp(alpha - largest));
    const total = [...exponentials].sort((a, b) => a - b).reduce((sum, term) => sum + term, 0);
    return exponentials.map((term) => term / total);
  });
}

function deriveCell(kind: CellKind, alphas: Alphas, candidates: readonly string[], nodes: number): Edge[] {
  checkAlphas(kind, alphas[kind], candidates, nodes);
  const weights = softmaxRows(alphas[kind]);
  const kept: Edge[] = [];
  for (let node = 2, row = 0; node < nodes + 2; row += node, node++) {
    const edges = weights.slice(row, row + node).map((edge, input) => ({ input, ...best(edge, candidates) }));
    // Array.prototype.sort is stable: of two edges with the same score the earlier stays in front.
    edges.sort((a, b) => b.weight - a.weight);
    for (const { op, input } of edges.slice(0, 2)) kept.push([op, input]);
  }
  return kept;
}

/** The candidate other than `none` with the largest weight, the first on ties. */
function best(weights: readonly number[], candidates: readonly string[]): { op: string; weight: number } {
  let column = -1;
  for (let i = 0; i < weights.length; i++) {
    if (candidates[i] !== 'none' && (column < 0 || weights[i]! > weights[column]!)) column = i;
  }
  return { op: candidates[column]!, weight: weights[column]! };
}

/** @throws RangeError saying which number of `alphas[kind]` is missing, too many, or not finite */
export function checkAlphas(
  kind: CellKind,
  rows: Alphas[CellKind] | undefined,
  candidates: readonly string[],
  nodes: number,
): void {
  if (!candidates.some((name) => name !== 'none')) {
    throw new RangeError(`expected a candidate other than none, got [${candidates.join(', ')}]`);
  }
  const expected = edgeCount(nodes);
  if (rows?.length !== expected) {
    throw new RangeError(
      `expected ${expected} rows of alphas for the ${kind} cell (${nodes} nodes), got ${rows?.length ?? 'none'}`,
    );
  }
  for (const [i, row] of rows.entries()) {
    if (row.length !== candidates.length) {
      throw new RangeError(`expected ${candidates.length} alphas in ${kind}[${i}], got ${row.length}`);
    }
    const wrong = row.findIndex((alpha) => !Number.isFinite(alpha));
    if (wrong >= 0)
      throw new RangeError(`expected finite alphas, got ${row[wrong]} in ${kind}[${i}][${wrong}]`);
  }
}
