import * as tf from '@tensorflow/tfjs';
import { batchNorm, EPSILON } from './batch-norm.ts';
import { separableConv } from './convolution.ts';
import { hasKernels, op } from './op.ts';
import { unpack } from './pack.ts';
import { averagePool3x3, maxPool3x3 } from './pool.ts';

/** What an edge of a derived cell does with the state that it reads. The skip has stride 1. */
export type DerivedEdge = { readonly node: number; readonly input: number } & (
  | { readonly kind: 'skip' | 'max_pool' | 'average_pool' }
  | {
      readonly kind: 'convolution';
      readonly kernel: number;
      readonly dilation: number;
      /** How often (ReLU, depthwise, pointwise, batch norm) follow one another; only the first has the stride. */
      readonly stages: 1 | 2;
    }
);

/** The cell without its numbers: what its kernels and its reference are told. */
export interface DerivedCellPlan {
  /** By node, from 2; inputs are states 0 and 1. Every node has an edge. */
  readonly edges: readonly DerivedEdge[];
  /** Nodes that the output is the concatenation of. */
  readonly concat: readonly number[];
  /** Whether edges from the two inputs have stride 2. */
  readonly reduction: boolean;
  /** Whether batch norms have scale and offset. */
  readonly affine: boolean;
}

interface DerivedCellAttrs extends DerivedCellPlan {
  readonly epsilon: number;
  /** Whether the gradient kernel computes the gradients of the parameters. */
  readonly weights: boolean;
}

const fused = op<DerivedCellAttrs>({
  name: 'UnnasDerivedCell',
  saves: [1, 2, 3],
  allGradients: { weights: true },
  reference: ([s0, s1, parameters], { epsilon, weights, ...plan }) => {
    const { edges, concat, reduction, affine } = plan;
    const rest = unpack(parameters!, derivedCellParameters(s0!.shape[3]!, plan));
    const states = [s0, s1] as tf.Tensor4D[];
    const statistics: { mean: tf.Tensor; variance: tf.Tensor }[] = [];
    const along = (edge: DerivedEdge): tf.Tensor4D => {
      let x = states[edge.input]!;
      let stride = reduction && edge.input < 2 ? 2 : 1;
      if (edge.kind !== 'convolution') {
        if (edge.kind === 'skip') return x;
        return edge.kind === 'max_pool' ? maxPool3x3(x, stride) : averagePool3x3(x, stride);
      }
      for (let stage = 0; stage < edge.stages; stage++) {
        const [depthwise, pointwise] = rest.splice(0, 2);
        const [gamma, beta] = affine ? rest.splice(0, 2) : [];
        const options = { stride, dilation: edge.dilation, frozen: !weights };
        const { y, mean, variance } = batchNorm(separableConv(x, depthwise!, pointwise!, options), {
          gamma,
          beta,
          epsilon,
        });
        statistics.push({ mean, variance });
        x = y;
        stride = 1;
      }
      return x;
    };
    for (let node = 2; node <= Math.max(...edges.map((edge) => edge.node)); node++) {
      states.push(tf.addN(edges.filter((edge) => edge.node === node).map(along)) as tf.Tensor4D);
    }
    const stacked = (tensors: tf.Tensor[]) =>
      tensors.length > 0 ? tf.stack(tensors) : tf.zeros([0, s0!.shape[3]!]);
    return [
      tf.concat(
        concat.map((state) => states[state]!),
        3,
      ),
      stacked(statistics.map(({ mean }) => mean)),
      stacked(statistics.map(({ variance }) => variance)),
      tf.zeros([1]),
    ];
  },
});

/** Whether the backend of the moment computes `derivedCell` with a kernel of its own. */
export const hasDerivedCellKernel = (): boolean => hasKernels('UnnasDerivedCell');

/**
 * The shapes of the parameters of a derived cell of C channels, stage by stage in the order of the edges: depthwise k,k,C,1,
 * pointwise 1,1,C,C and, where batch norms are affine, their scale C and offset C.
 */
export function derivedCellParameters(
  channels: number,
  { edges, affine }: Pick<DerivedCellPlan, 'edges' | 'affine'>,
): (readonly number[])[] {
  return edges.flatMap((edge) =>
    edge.kind === 'convolution'
      ? Array.from({ length: edge.stages }, () => [
          [edge.kernel, edge.kernel, channels, 1],
          [1, 1, channels, channels],
          ...(affine ? [[channels], [channels]] : []),
        ]).flat()
      : [],
  );
}

/**
 * A cell of a derived network in training mode (Liu et al., "DARTS", ICLR 2019, section 2.1), after the projections of its inputs:
 * a node is the sum of its edges, each a skip, a 3x3 pool without a batch norm, or a convolution of one or two stages.
 *
 * @param states s_0 and s_1, N,H,W,C each
 * @param parameters all parameters, packed in the order of `derivedCellParameters`
 * @param options `frozen`: a hint that the gradients of the parameters will not be asked for
 * @returns the concatenation of nodes, and mean and biased variance (through which no gradient flows) of every stage, stages x C
 */
export function derivedCell(
  [s0, s1]: readonly [tf.Tensor4D, tf.Tensor4D],
  parameters: tf.Tensor,
  plan: DerivedCellPlan,
  { epsilon = EPSILON, frozen = false }: { readonly epsilon?: number; readonly frozen?: boolean } = {},
): { y: tf.Tensor4D; mean: tf.Tensor2D; variance: tf.Tensor2D } {
  if (s0.rank !== 4 || !tf.util.arraysEqual(s0.shape, s1.shape)) {
    throw new RangeError(
      `derivedCell: expected two states of one shape N,H,W,C, got ${s0.shape} and ${s1.shape}`,
    );
  }
  checkPlan(plan);
  const [y, mean, variance] = fused([s0, s1, parameters], { ...plan, epsilon, weights: !frozen });
  return { y: y as tf.Tensor4D, mean: mean as tf.Tensor2D, variance: variance as tf.Tensor2D };
}

const checked = new WeakSet<DerivedCellPlan>();

function checkPlan(plan: DerivedCellPlan): void {
  if (checked.has(plan)) return;
  const { edges, concat, reduction } = plan;
  const nodes = Math.max(0, ...edges.map(({ node }) => node)) - 1;
  const wrong =
    edges.some(({ node, input }, i) => input < 0 || input >= node || node < (edges[i - 1]?.node ?? 2)) ||
    new Set(edges.map(({ node }) => node)).size !== nodes ||
    edges.some(({ kind, input }) => kind === 'skip' && reduction && input < 2) ||
    concat.length === 0 ||
    new Set(concat).size !== concat.length ||
    concat.some((state) => state < 2 || state > nodes + 1);
  if (wrong) {
    throw new RangeError(
      `derivedCell: expected edges by node from states before it, skips of stride 1, and nodes to concatenate, got ${JSON.stringify({ edges, concat, reduction })}`,
    );
  }
  checked.add(plan);
}
