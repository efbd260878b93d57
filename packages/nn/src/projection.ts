import * as tf from '@tensorflow/tfjs';
import { type Affine, type batchNorm, EPSILON, moments, normalise } from './batch-norm.ts';
import { convolution } from './convolution.ts';
import { op } from './op.ts';

/**
 * The two 1x1 convolutions of a factorized reduction, after a ReLU: of stride 2, one on the even rows and columns, one on the odd
 * ones, side by side. Past the edge of an odd size there is a row or column of zeros.
 *
 * @param x N,H,W,C
 * @param even 1,1,C,M
 * @param odd 1,1,C,M
 * @returns N,OH,OW,2M with OH = ceil(H / 2)
 */
export function factorizedReduction(x: tf.Tensor4D, even: tf.Tensor, odd: tf.Tensor): tf.Tensor4D {
  const active = tf.relu(x);
  const [, height, width] = x.shape;
  const beyond = (size: number): [number, number] => [0, size % 2];
  const shifted = tf
    .pad(active, [[0, 0], beyond(height), beyond(width), [0, 0]])
    .slice([0, 1, 1, 0], [-1, height - 1 + (height % 2), width - 1 + (width % 2), -1]) as tf.Tensor4D;
  const halves = [
    tf.conv2d(active, even as tf.Tensor4D, 2, 'valid'),
    tf.conv2d(shifted, odd as tf.Tensor4D, 2, 'valid'),
  ];
  return tf.concat(halves, 3);
}

/** The convolutions of a projection: one filter, or the two halves of a factorized reduction. */
function convolved(x: tf.Tensor4D, filters: readonly tf.Tensor[]): tf.Tensor4D {
  const [first, second] = filters;
  return second ? factorizedReduction(x, first!, second) : convolution(tf.relu(x), first!);
}

interface ProjectionAttrs {
  readonly epsilon: number;
  /** One, or two in a factorized reduction. */
  readonly filters: number;
  readonly affine: boolean;
  /** Whether the gradient kernel computes the gradients of filters, scale and offset. */
  readonly weights: boolean;
}

const fused = op<ProjectionAttrs>({
  name: 'UnnasProjection',
  // The last output is what the batch norm reads, for the gradient kernel alone; without scale and offset y tells as much.
  saves: [0, 1, 2, 3],
  allGradients: { weights: true },
  reference: ([x, ...others], { epsilon, filters }) => {
    const map = convolved(x as tf.Tensor4D, others.slice(0, filters));
    const [gamma, beta] = others.slice(filters);
    const [mean, variance] = moments(map);
    return [normalise(map, { mean, variance, gamma, beta, epsilon }), mean, variance, tf.zeros([1])];
  },
});

export interface ProjectionOptions extends Affine {
  /** A hint that only the gradient of x will be asked for; asking for others all the same works, but costs more. */
  readonly frozen?: boolean;
}

/**
 * Fits an input of a cell to its channels, in training mode: ReLU, 1x1 convolution, batch norm (ReLUConvBN of DARTS), or with two
 * filters at half the size (FactorizedReduce; UnNAS pads odd sizes).
 *
 *     y = batchNorm(convolution(relu(x), filter))
 *     y = batchNorm(factorizedReduction(x, even, odd))
 *
 * @param x N,H,W,C
 * @param filters one of 1,1,C,M, or two of 1,1,C,M/2
 * @returns y N,H,W,M or N,ceil(H/2),ceil(W/2),M; mean and biased variance M, through which no gradient flows
 */
export function projection(
  x: tf.Tensor4D,
  filters: readonly tf.Tensor[],
  { gamma, beta, epsilon = EPSILON, frozen = false }: ProjectionOptions = {},
): ReturnType<typeof batchNorm<tf.Tensor4D>> {
  const each = filters[0]?.shape.at(-1);
  if (
    x.rank !== 4 ||
    filters.length < 1 ||
    filters.length > 2 ||
    filters.some(({ shape }) => `${shape}` !== `1,1,${x.shape[3]},${each}`)
  ) {
    throw new RangeError(
      `projection: a map N,H,W,C goes with one or two filters 1,1,C,M, got ${x.shape} and ${filters.map(({ shape }) => shape).join(' ')}`,
    );
  }
  const scale = gamma && beta ? [gamma, beta] : [];
  if (scale.some(({ shape }) => `${shape}` !== `${each! * filters.length}`)) {
    throw new RangeError(
      `projection: expected gamma and beta of ${each! * filters.length} values, got ${gamma!.shape} and ${beta!.shape}`,
    );
  }
  const [y, mean, variance] = fused([x, ...filters, ...scale], {
    epsilon,
    filters: filters.length,
    affine: scale.length > 0,
    weights: !frozen,
  });
  return { y: y as tf.Tensor4D, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/** The meaning of `projection` in stock ops, for tests. */
export const projectionReference = fused.reference;
