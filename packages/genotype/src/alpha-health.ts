import { checkAlphas, type DeriveOptions, deriveGenotype, softmaxRows } from './derive-genotype.ts';
import { type Alphas, CANDIDATES, CELL_KINDS, type CellKind, type Genotype } from './genotype.ts';

/** Measures of one kind of cell by which a collapse of the search shows. */
export interface CellHealth {
  /** Skip connections among the edges of the derived cell. */
  readonly skips: number;
  /** Edges of the derived cell, 8 in DARTS. */
  readonly edges: number;
  /** Softmax weight of `none`, mean over the edges of the supernet, 0 to 1. */
  readonly noneMass: number;
  /** Entropy of the softmax in nats, mean over the edges of the supernet. */
  readonly entropy: number;
  /** The entropy as a share of its maximum, log(candidates): 1 means that no candidate is preferred. */
  readonly relativeEntropy: number;
}

export type AlphaHealth = Readonly<Record<CellKind, CellHealth>>;

/** The measures of collapse of alphas. Takes and throws what `deriveGenotype` does. */
export function alphaHealth(alphas: Alphas, options: DeriveOptions = {}): AlphaHealth {
  const { candidates = CANDIDATES, nodes = 4 } = options;
  const genotype = deriveGenotype(alphas, options);
  const none = candidates.indexOf('none');
  const health = (kind: CellKind): CellHealth => {
    checkAlphas(kind, alphas[kind], candidates, nodes);
    const weights = softmaxRows(alphas[kind]);
    const mean = (measure: (row: readonly number[]) => number) =>
      weights.reduce((sum, row) => sum + measure(row), 0) / weights.length;
    const entropy = mean((row) => row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0));
    return {
      skips: skipConnections(genotype, kind),
      edges: genotype[kind].length,
      noneMass: mean((row) => row[none] ?? 0),
      entropy,
      relativeEntropy: candidates.length > 1 ? entropy / Math.log(candidates.length) : 0,
    };
  };
  return { normal: health('normal'), reduce: health('reduce') };
}

/** How many edges of a cell are skip connections. */
export function skipConnections(genotype: Genotype, kind: CellKind = 'normal'): number {
  return genotype[kind].filter(([op]) => op === 'skip_connect').length;
}

/**
 * Sentences that say how a search has collapsed; empty if it has not. A normal cell whose edges are skip
 * connections to one half or more is the known failure of DARTS (Liang et al., DARTS+, 2019; Zela et al.,
 * ICLR 2020): no published cell has that many. A supernet that gives more than half of its weight to `none`
 * ranks the others by what is left over.
 */
export function collapseWarnings(health: AlphaHealth): string[] {
  const warnings: string[] = [];
  const { skips, edges } = health.normal;
  if (edges > 0 && 2 * skips >= edges) {
    warnings.push(
      `${skips} of the ${edges} edges of the normal cell are skip connections, so depth adds little to the network.`,
    );
  }
  for (const kind of CELL_KINDS) {
    const { noneMass } = health[kind];
    if (noneMass > 0.5) {
      const share = `${Math.round(100 * noneMass)} %`;
      warnings.push(
        `The candidate none holds ${share} of the weight in the ${kind} cell, so little is left to tell the others apart.`,
      );
    }
  }
  return warnings;
}
