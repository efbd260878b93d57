export {
  type AlphaHealth,
  alphaHealth,
  type CellHealth,
  collapseWarnings,
  skipConnections,
} from './alpha-health.ts';
export { type DeriveOptions, deriveGenotype, softmaxRows } from './derive-genotype.ts';
export { distance, equalGenotypes } from './distance.ts';
export { formatGenotype, type Notation } from './format-genotype.ts';
export {
  type Alphas,
  CANDIDATES,
  CELL_KINDS,
  type CellKind,
  type Edge,
  edgeCount,
  edgesByNode,
  type Genotype,
  supernetEdges,
} from './genotype.ts';
export {
  auxiliaryParameters,
  cost,
  type HeadCost,
  type NetworkSize,
  reductionCells,
  supernetCost,
} from './network-cost.ts';
export { type Cost, operationNames } from './operation-cost.ts';
export { type ParseOptions, parseGenotype } from './parse-genotype.ts';
export { type PublishedName, publishedGenotypes, publishedSettings } from './published-genotypes.ts';
export { type RandomGenotypeOptions, randomGenotype } from './random-genotype.ts';
