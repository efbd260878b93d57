import * as tf from '@tensorflow/tfjs';
import { type Edge, edgesByNode, supernetEdges } from '@unnas/genotype';
import { fanOut, hasDerivedCellKernel, hasSearchCellKernel, unpack } from '@unnas/nn';
import { candidate } from './candidates.ts';
import type { Place } from './declaration.ts';
import { fusedNodes } from './fused-cell.ts';
import { fusedDerivedCell } from './fused-derived-cell.ts';
import { type Branch, type Layer, projection, whole } from './layers.ts';
import { mixedNode } from './mixed-node.ts';
import type { Pass } from './pass.ts';

/** Where a cell stands in the stack. */
export interface CellPlacement {
  /** Channels of the outputs of the two cells before. */
  readonly from: readonly [number, number];
  /** Channels of a node; the output has as many times more as nodes are concatenated. */
  readonly channels: number;
  /** Whether it halves height and width: edges from the two inputs have stride 2. */
  readonly reduction: boolean;
  /** Whether the cell before did, so that the first input is twice as large as the second. */
  readonly previousReduction: boolean;
}

/** A cell as a function of the outputs of the two cells before it. `weights` has one tensor a node, in a supernet only. */
export type Cell = (
  s0: tf.Tensor4D,
  s1: tf.Tensor4D,
  pass: Pass,
  weights?: readonly tf.Tensor[],
) => tf.Tensor4D;

/** The projections of the two inputs to the channels of the cell. */
function inputs(place: Place, placement: CellPlacement, affine: boolean): [Layer, Layer] {
  const { from, channels, previousReduction } = placement;
  return [
    projection(place.at('pre0'), from[0], channels, { affine, reduce: previousReduction }),
    projection(place.at('pre1'), from[1], channels, { affine }),
  ];
}

/**
 * A cell of the supernet: each of its nodes sums all candidates on the edges from all earlier states, and the output is the
 * concatenation of all nodes. Batch norms have neither scale nor offset, and one follows each pool.
 */
export function searchCell(
  place: Place,
  placement: CellPlacement,
  { candidates, nodes }: { candidates: readonly string[]; nodes: number },
): Cell {
  const [first, second] = inputs(place, placement, false);
  const incoming = supernetEdges(nodes).flatMap(({ node, input }) =>
    candidates.flatMap((name) => {
      const branch = candidate(name)(place.at(`node${node}`).at(`in${input}`).at(name), {
        channels: placement.channels,
        stride: placement.reduction && input < 2 ? 2 : 1,
        affine: false,
        poolNorm: true,
      });
      return branch ? [{ node, input, name, branch }] : [];
    }),
  );
  const outgoing = Array.from({ length: nodes + 2 }, (_, state) => edgesFrom(state, incoming));
  const intoNode = Array.from({ length: nodes }, (_, i) => incoming.filter(({ node }) => node === i + 2));
  const mixedNodes = intoNode.map((edges) => mixedNode(edges.map(({ branch }) => branch)));
  const fused = fusedNodes(place, { candidates, nodes, channels: placement.channels }, placement.reduction);

  return (s0, s1, pass, weights) => {
    if (weights?.length !== nodes)
      throw new TypeError('a supernet needs a mix: weights for every node of a cell');
    const states = [first(s0, pass), second(s1, pass)] as const;
    if (pass.training && fused && hasSearchCellKernel())
      return fused(states, weights, [pass.isFixed(s0), pass.isFixed(s1)], pass);
    const maps = new Map<Incoming, tf.Tensor4D>();
    /** Computes all maps of a state. @returns one more copy of it */
    const leave = (state: tf.Tensor4D, edges: Incoming[][]): tf.Tensor4D => {
      const copies = fanOut(state, edges.length + 1);
      edges.forEach((alike, i) => {
        const shares = fanOut(
          pass.part(() => alike[0]!.branch.map(copies[i]!, pass)),
          alike.length,
        );
        alike.forEach((edge, k) => {
          maps.set(edge, shares[k]!);
        });
      });
      return copies.at(-1)!;
    };
    for (const input of [0, 1] as const) leave(states[input], outgoing[input]!);
    const outputs = mixedNodes.map((mixed, i) => {
      const node = mixed(
        intoNode[i]!.map((edge) => maps.get(edge)!),
        weights[i]!,
        pass,
      );
      return leave(node, outgoing[i + 2]!);
    });
    return tf.concat(outputs, 3);
  };
}

/** One candidate on one edge into a node. */
interface Incoming {
  readonly node: number;
  readonly input: number;
  readonly name: string;
  readonly branch: Branch;
}

/** What leaves a state, in groups that share a map. */
function edgesFrom(state: number, incoming: readonly Incoming[]): Incoming[][] {
  const groups = new Map<unknown, Incoming[]>();
  for (const edge of incoming) {
    if (edge.input !== state) continue;
    const key = edge.branch.shared ? edge.name : edge;
    groups.set(key, [...(groups.get(key) ?? []), edge]);
  }
  return [...groups.values()];
}

/**
 * The weights that the nodes of a search cell take, from the mix of all edges and candidates (edges in the order of the rows).
 * `none` adds nothing, so its column is left out.
 *
 * @param mix edges x candidates
 */
export function nodeWeights(
  mix: tf.Tensor2D,
  { candidates, nodes }: { candidates: readonly string[]; nodes: number },
): tf.Tensor[] {
  const none = candidates.indexOf('none');
  const kept = [
    [0, none],
    [none + 1, candidates.length],
  ].filter(([from, to]) => from! < to!);
  const columns = tf.concat(
    kept.map(([from, to]) => tf.slice2d(mix, [0, from!], [-1, to! - from!])),
    1,
  );
  const sizes = Array.from({ length: nodes }, (_, i) => [(i + 2) * columns.shape[1]]);
  return unpack(columns.reshape([-1]), sizes);
}

/** How a derived cell is built; by default as networks are trained from scratch. */
export interface DerivedStyle {
  /** Whether batch norms have a scale and an offset. */
  readonly affine?: boolean;
  /** Whether a batch norm follows each pool. */
  readonly poolNorm?: boolean;
}

/** A cell of a genotype: every node sums the operations on its (usually two) edges. */
export function derivedCell(
  place: Place,
  placement: CellPlacement,
  { edges, concat, style }: { edges: readonly Edge[]; concat: readonly number[]; style: DerivedStyle },
): Cell {
  const { affine = true, poolNorm = false } = style;
  const [first, second] = inputs(place, placement, affine);
  const { channels, reduction } = placement;
  let position = 0;
  const nodes = edgesByNode(edges).map((pair) =>
    pair.flatMap(([op, input]) => {
      const stride = reduction && input < 2 ? 2 : 1;
      const branch = candidate(op)(place.at(`op${position++}`).at(op), {
        channels,
        stride,
        affine,
        poolNorm,
      });
      return branch ? [{ input, layer: whole(branch) }] : [];
    }),
  );
  const fused = fusedDerivedCell(place, { edges, concat, reduction, affine, poolNorm });
  const zeros = (x: tf.Tensor4D) => {
    const [n, height, width] = x.shape;
    const stride = reduction ? 2 : 1;
    return tf.zeros<tf.Rank.R4>([n, Math.ceil(height / stride), Math.ceil(width / stride), channels]);
  };
  return (s0, s1, pass) => {
    const inputs = [first(s0, pass), second(s1, pass)] as const;
    if (pass.training && fused && hasDerivedCellKernel()) return fused(inputs, pass);
    const states: tf.Tensor4D[] = [...inputs];
    for (const node of nodes) {
      const parts = node.map(({ input, layer }) => layer(states[input]!, pass));
      states.push(parts.length > 0 ? (tf.addN(parts) as tf.Tensor4D) : zeros(s1));
    }
    return tf.concat(
      concat.map((state) => states[state]!),
      3,
    );
  };
}
