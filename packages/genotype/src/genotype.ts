/**
 * The candidate operations of the DARTS space, in the order of the columns of the alphas (Liu et al., DARTS,
 * ICLR 2019; the same order as in the UnNAS release).
 */
export const CANDIDATES = [
  'none',
  'max_pool_3x3',
  'avg_pool_3x3',
  'skip_connect',
  'sep_conv_3x3',
  'sep_conv_5x5',
  'dil_conv_3x3',
  'dil_conv_5x5',
] as const;

/**
 * An operation and the state it reads: 0 is the output of cell k-2, 1 that of cell k-1, 2 and up are earlier
 * nodes.
 */
export type Edge = readonly [op: string, input: number];

/** The two kinds of cell that a network is stacked from. */
export type CellKind = 'normal' | 'reduce';
export const CELL_KINDS: readonly CellKind[] = ['normal', 'reduce'];

/**
 * An architecture, in the form it has on disk. Each two edges in a row feed the next node: edges 0 and 1 feed
 * node 2, edges 2 and 3 node 3, and so on. The output of a cell is the concatenation of the nodes in
 * `normal_concat` or `reduce_concat`.
 */
export interface Genotype {
  readonly normal: readonly Edge[];
  readonly normal_concat: readonly number[];
  readonly reduce: readonly Edge[];
  readonly reduce_concat: readonly number[];
}

/**
 * One number an edge and candidate, for each kind of cell. Rows: node 2 from 0, 1; node 3 from 0, 1, 2; and
 * so on.
 */
export interface Alphas {
  readonly normal: readonly (readonly number[])[];
  readonly reduce: readonly (readonly number[])[];
}

/**
 * How many edges lead into the nodes of a supernet cell, where every node reads all earlier states: 14 for 4
 * nodes.
 */
export function edgeCount(nodes: number): number {
  return (nodes * (nodes + 3)) / 2;
}

/**
 * The edges of a supernet cell in the order of the rows of the alphas: for 4 nodes 2<-0, 2<-1, 3<-0, ...
 * 5<-4.
 */
export function supernetEdges(nodes: number): { node: number; input: number }[] {
  return Array.from({ length: nodes }, (_, i) => i + 2).flatMap((node) =>
    Array.from({ length: node }, (_, input) => ({ node, input })),
  );
}

/** The edges of a derived cell, grouped by the node they feed: `groups[0]` feeds node 2. */
export function edgesByNode(edges: readonly Edge[]): Edge[][] {
  return Array.from({ length: Math.ceil(edges.length / 2) }, (_, i) => edges.slice(2 * i, 2 * i + 2));
}
