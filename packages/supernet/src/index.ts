export { type Candidate, candidate, candidates, type Placement } from './candidates.ts';
export {
  type Cell,
  type CellPlacement,
  type DerivedStyle,
  derivedCell,
  nodeWeights,
  searchCell,
} from './cell.ts';
export { Place } from './declaration.ts';
export { derivedNetwork } from './derived-network.ts';
export { fusedCells } from './fused-cell.ts';
export type { Head } from './head.ts';
export { type Branch, type Layer, projection, stridedSkip, whole } from './layers.ts';
export { mixedNode } from './mixed-node.ts';
export type { ForwardOptions, ForwardResult, Mix, Network, NetworkOptions, StackOptions } from './network.ts';
export { Pass, type PassOptions } from './pass.ts';
export { dartsSpace, type Space, type Supernet, supernet } from './supernet.ts';
