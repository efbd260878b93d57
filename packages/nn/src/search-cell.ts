import * as tf from '@tensorflow/tfjs';
import { batchNorm, EPSILON } from './batch-norm.ts';
import { type Activations, roundToBfloat16 } from './bfloat16.ts';
import { separableConv } from './convolution.ts';
import { mixedSum } from './mixed-sum.ts';
import { hasKernels, op } from './op.ts';
import { unpack } from './pack.ts';
import { averagePool3x3, maxPool3x3 } from './pool.ts';
import { factorizedReduction } from './projection.ts';

const NODES = 4;
const KERNELS = [
  { kernel: 3, dilation: 1, twice: true },
  { kernel: 5, dilation: 1, twice: true },
  { kernel: 3, dilation: 2, twice: false },
  { kernel: 5, dilation: 2, twice: false },
] as const;
/** Candidates of an edge but `none`: max pool, average pool, skip, and the convolutions above. */
const CANDIDATES = 3 + KERNELS.length;

/** The edges of the cell in the order of the rows of the mix: by node, then by the state that they come from. */
const EDGES = Array.from({ length: NODES }, (_, i) => i + 2).flatMap((node) =>
  Array.from({ length: node }, (_, input) => ({ node, input })),
);

interface SearchCellAttrs {
  readonly reduction: boolean;
  readonly epsilon: number;
  /** Whether the gradient kernel computes the gradients of the filters. */
  readonly weights: boolean;
  /** The states whose gradients it leaves out, if it leaves out those of the filters. */
  readonly fixed: readonly [boolean, boolean];
  readonly bfloat16: boolean;
}

/** A candidate's map before the batch norm at its end, if it has one, and the statistics of those before. */
interface Candidate {
  readonly map: tf.Tensor4D;
  readonly normalised: boolean;
  readonly before: readonly Statistics[];
}
interface Statistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** All candidates of an edge. Takes its filters from the front of `filters`. */
function candidates(
  x: tf.Tensor4D,
  stride: 1 | 2,
  filters: tf.Tensor[],
  { epsilon, weights, bfloat16 }: SearchCellAttrs,
): Candidate[] {
  const take = () => filters.shift()!;
  const kept = (map: tf.Tensor4D) => (bfloat16 ? (roundToBfloat16(map) as tf.Tensor4D) : map);
  const plain = (map: tf.Tensor4D, normalised = true): Candidate => ({ map, normalised, before: [] });
  const pools = [maxPool3x3(x, stride), averagePool3x3(x, stride)].map((map) => plain(map));
  const skip = stride === 1 ? plain(x, false) : plain(kept(factorizedReduction(x, take(), take())));
  const convolutions = KERNELS.map(({ dilation, twice }) => {
    const options = { dilation, frozen: !weights };
    const first = kept(separableConv(x, take(), take(), { ...options, stride }));
    if (!twice) return plain(first);
    const { y, mean, variance } = batchNorm(first, { epsilon });
    const map = kept(separableConv(y, take(), take(), options));
    return { map, normalised: true, before: [{ mean, variance }] };
  });
  return [...pools, skip, ...convolutions];
}

const fused = op<SearchCellAttrs>({
  name: 'UnnasSearchCell',
  saves: [0, 1, 2, 3],
  allGradients: { weights: true },
  reference: ([s0, s1, mix, filters], attrs) => {
    const states = [s0, s1] as tf.Tensor4D[];
    const rest = unpack(filters!, searchCellFilters(s0!.shape[3]!, attrs.reduction));
    const statistics: Statistics[] = [];
    let row = 0;
    for (let node = 2; node < 2 + NODES; node++) {
      const edges = states.map((state, input) =>
        candidates(state, attrs.reduction && input < 2 ? 2 : 1, rest, attrs),
      );
      const all = edges.flat();
      const weights = mix!.slice([row, 0], [node, CANDIDATES]).reshape([-1]);
      row += node;
      const { y, mean, variance } = mixedSum(
        weights,
        all.map(({ map }) => map),
        { normalise: all.map(({ normalised }) => normalised), epsilon: attrs.epsilon },
      );
      const means = tf.unstack(mean);
      const variances = tf.unstack(variance);
      all.forEach(({ normalised, before }, k) => {
        statistics.push(...before);
        if (normalised) statistics.push({ mean: means[k]!, variance: variances[k]! });
      });
      states.push(y);
    }
    return [
      tf.concat(states.slice(2), 3),
      tf.stack(statistics.map(({ mean }) => mean)),
      tf.stack(statistics.map(({ variance }) => variance)),
      tf.zeros([1]),
    ];
  },
});

/** Whether the backend of the moment computes `searchCell` with a kernel of its own. */
export const hasSearchCellKernel = (): boolean => hasKernels('UnnasSearchCell');

/**
 * The shapes of the filters of a search cell of C channels, edge by edge in the order of the rows of the mix: of the skip, where the
 * stride is 2, two filters 1,1,C,C/2, for the even and for the odd pixels; then depthwise k,k,C,1 and pointwise 1,1,C,C of each stage
 * in turn: two of sep_conv 3x3, two of 5x5, dil_conv 3x3, 5x5.
 */
export function searchCellFilters(
  channels: number,
  reduction: boolean,
): (readonly [number, number, number, number])[] {
  return EDGES.flatMap(({ input }) => [
    ...(reduction && input < 2 ? [0, 1].map(() => [1, 1, channels, channels / 2] as const) : []),
    ...KERNELS.flatMap(({ kernel, twice }) =>
      Array.from({ length: twice ? 2 : 1 }, () => [
        [kernel, kernel, channels, 1] as const,
        [1, 1, channels, channels] as const,
      ]).flat(),
    ),
  ]);
}

export interface SearchCellOptions {
  /** Whether edges from the two inputs have stride 2. */
  readonly reduction?: boolean;
  readonly epsilon?: number;
  /** A hint that the gradients of the filters will not be asked for; asking all the same works, but costs more. */
  readonly frozen?: boolean;
  /** The same of the gradients of s_0 and s_1; of use together with `frozen`, as filters make most of the work that could be saved. */
  readonly fixed?: readonly [boolean, boolean];
  /**
   * `bfloat16` halves what is kept for the backward pass: the map of a convolution is rounded to the nearest bfloat16 (ties to even)
   * as it leaves the convolution, and everything after it, statistics, sums and gradients, reads the rounded map, in float32
   * arithmetic. The gradient passes the rounding as if it were not there.
   */
  readonly activations?: Activations;
}

/**
 * A whole cell of DARTS's supernet in training mode (Liu et al., "DARTS", ICLR 2019, equations 1 and 2 and section 3.1), with
 * states s_0 and s_1 as inputs and nodes s_2 to s_5:
 *
 *     s_i = sum over j < i and candidates k of mix[j -> i, k] * candidate_k(s_j)
 *
 * Candidates are max pooling, average pooling, skip, separable convolutions 3x3 and 5x5, and dilated ones 3x3 and 5x5; batch
 * norms have neither scale nor offset, and one ends each candidate but the skip of stride 1. `none` adds nothing and has no
 * column.
 *
 * @param states s_0 and s_1, N,H,W,C each with C even
 * @param mix 14 x 7: edges by node and then by source, candidates in the order above
 * @param filters all filters, packed in the order of `searchCellFilters`
 * @returns the concatenation N,OH,OW,4C of all nodes, and mean and biased variance (through which no gradient flows) of every
 * batch norm: B,C, the rows of an edge being its max pool, average pool, skip (where the stride is 2), first and second of
 * sep_conv 3x3, of 5x5, dil_conv 3x3, 5x5; the edges follow one another
 */
export function searchCell(
  [s0, s1]: readonly [tf.Tensor4D, tf.Tensor4D],
  mix: tf.Tensor2D,
  filters: tf.Tensor,
  {
    reduction = false,
    epsilon = EPSILON,
    frozen = false,
    fixed = [false, false],
    activations = 'float32',
  }: SearchCellOptions = {},
): { y: tf.Tensor4D; mean: tf.Tensor2D; variance: tf.Tensor2D } {
  const channels = s0.shape[3];
  if (s0.rank !== 4 || `${s0.shape}` !== `${s1.shape}` || channels % 2 !== 0) {
    throw new RangeError(
      `searchCell: expected two states of one shape N,H,W,C with C even, got ${s0.shape} and ${s1.shape}`,
    );
  }
  if (mix.shape[0] !== EDGES.length || mix.shape[1] !== CANDIDATES) {
    throw new RangeError(`searchCell: expected a mix ${EDGES.length},${CANDIDATES}, got ${mix.shape}`);
  }
  const [y, mean, variance] = fused([s0, s1, mix, filters], {
    ...{ reduction, epsilon, fixed },
    weights: !frozen,
    bfloat16: activations === 'bfloat16',
  });
  return { y: y as tf.Tensor4D, mean: mean as tf.Tensor2D, variance: variance as tf.Tensor2D };
}

/** The meaning of `searchCell` in ops of their own, for tests. */
export const searchCellReference = fused.reference;
