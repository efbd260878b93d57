import * as tf from '@tensorflow/tfjs';
import { EPSILON, moments, normalise as normalised } from './batch-norm.ts';
import { op } from './op.ts';

interface MixedSumAttrs {
  readonly normalise: readonly boolean[];
  readonly epsilon: number;
}

const fused = op<MixedSumAttrs>({
  name: 'UnnasMixedSum',
  saves: [1, 2],
  reference: ([weights, ...maps], { normalise, epsilon }) => {
    const channels = maps[0]!.shape[3]!;
    const parts = maps.map((x, k) => {
      if (!normalise[k]) return { y: x, mean: tf.zeros([channels]), variance: tf.ones([channels]) };
      const [mean, variance] = moments(x);
      return { y: normalised(x, { mean, variance, epsilon }), mean, variance };
    });
    const each = tf.unstack(weights!);
    return [
      // Not addN, which rounds after each of the many terms: this is what kernels are held against.
      tf.stack(parts.map(({ y }, k) => y.mul(each[k]!))).sum(0),
      tf.stack(parts.map(({ mean }) => mean)),
      tf.stack(parts.map(({ variance }) => variance)),
    ];
  },
});

/**
 * The sum over all candidates on all edges into a node of a DARTS cell, with the batch norm at the end of most candidates:
 * y = sum_k w_k * n_k, where n_k = (x_k - mean_k) / sqrt(variance_k + epsilon) where `normalise[k]`, else x_k
 * (Liu et al., "DARTS", ICLR 2019, equation 2, summed as in equation 1). Statistics are those of this batch.
 *
 * @param weights K, the mix
 * @param maps K maps N,H,W,C
 * @returns y N,H,W,C, and mean and biased variance K,C (rows of maps that are not normalised: 0 and 1), through which no
 * gradient flows
 */
export function mixedSum(
  weights: tf.Tensor,
  maps: readonly tf.Tensor4D[],
  { normalise, epsilon = EPSILON }: { normalise: readonly boolean[]; epsilon?: number },
): { y: tf.Tensor4D; mean: tf.Tensor2D; variance: tf.Tensor2D } {
  const count = maps.length;
  if (count === 0 || weights.rank !== 1 || weights.shape[0] !== count || normalise.length !== count) {
    throw new RangeError(
      `mixedSum: expected as many weights and flags as maps and at least one, got ${weights.shape} weights, ` +
        `${normalise.length} flags and ${count} maps`,
    );
  }
  for (const { shape } of maps) {
    if (`${shape}` !== `${maps[0]!.shape}`) {
      throw new RangeError(`mixedSum: maps have one shape, got ${maps[0]!.shape} and ${shape}`);
    }
  }
  const [y, mean, variance] = fused([weights, ...maps], { normalise, epsilon });
  return { y: y as tf.Tensor4D, mean: mean as tf.Tensor2D, variance: variance as tf.Tensor2D };
}
