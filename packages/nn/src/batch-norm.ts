import type * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

/** What PyTorch adds to the variance by default. */
export const EPSILON = 1e-5;

interface BatchNormAttrs {
  readonly epsilon: number;
  readonly affine: boolean;
}

/** Mean and biased variance over all axes but the last. x ...,C; gives two tensors C. */
export function moments(x: tf.Tensor): [mean: tf.Tensor, variance: tf.Tensor] {
  const rows = x.reshape([-1, x.shape.at(-1)!]);
  const mean = rows.mean(0);
  return [mean, rows.sub(mean).square().mean(0)];
}

const fused = op<BatchNormAttrs>({
  name: 'UnnasBatchNorm',
  saves: [1, 2],
  reference: ([x, gamma, beta], { epsilon }) => {
    // Stock tfjs's own batch norm has a gradient only with both a scale and an offset.
    const [mean, variance] = moments(x!);
    return [normalise(x!, { mean, variance, gamma, beta, epsilon }), mean, variance];
  },
});

/** Scale and offset of a batch norm: both or none. */
export interface Affine {
  /** C */
  readonly gamma?: tf.Tensor | undefined;
  /** C */
  readonly beta?: tf.Tensor | undefined;
  readonly epsilon?: number | undefined;
}

/**
 * Batch norm in training mode (Ioffe and Szegedy, ICML 2015):
 * y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the statistics of this batch.
 *
 * @param x ...,C
 * @returns y of x's shape, and the batch's mean and biased variance, C each, through which no gradient flows
 */
export function batchNorm<T extends tf.Tensor>(
  x: T,
  { gamma, beta, epsilon = EPSILON }: Affine = {},
): { y: T; mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const inputs = gamma && beta ? [x, gamma, beta] : [x];
  if (inputs.length === 1 && (gamma || beta))
    throw new TypeError('batchNorm: give both gamma and beta, or none');
  const channels = x.shape.at(-1);
  if (inputs.slice(1).some(({ shape }) => shape.length !== 1 || shape[0] !== channels)) {
    throw new RangeError(
      `batchNorm: expected gamma and beta of ${channels} values, got ${gamma!.shape} and ${beta!.shape}`,
    );
  }
  const [y, mean, variance] = fused(inputs, { epsilon, affine: inputs.length > 1 });
  return { y: y as T, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/**
 * Batch norm in evaluation mode: the same formula with given statistics.
 *
 * @param x ...,C
 */
export function normalise<T extends tf.Tensor>(
  x: T,
  { mean, variance, gamma, beta, epsilon = EPSILON }: Affine & { mean: tf.Tensor; variance: tf.Tensor },
): T {
  const deviation = variance.add(epsilon).sqrt();
  const y = x.sub(mean).div(deviation);
  return (gamma && beta ? y.mul(gamma).add(beta) : y) as T;
}
