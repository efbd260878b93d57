export { candidates } from './candidates.ts';
export type { DerivedStyle } from './cell.ts';
export { derivedNetwork } from './derived-network.ts';
export type { Head } from './head.ts';
export type { ForwardOptions, ForwardResult, Network, NetworkOptions, StackOptions } from './network.ts';
export { dartsSpace, type Space, type Supernet, supernet } from './supernet.ts';
