import * as tf from '@tensorflow/tfjs';
import { EPSILON, mixedSum } from '@unnas/nn';
import type { Branch } from './layers.ts';
import type { Pass } from './pass.ts';

/**
 * A node of a supernet cell: the weighted sum of the maps of all candidates on all its edges. The batch norms at their ends, which
 * have neither scale nor offset, are computed together with the sum.
 *
 * @returns a function of the maps and the weights, one of each for each branch
 */
export function mixedNode(branches: readonly Branch[]) {
  const norms = branches.map(({ norm }) => norm);
  const flags = norms.map((norm) => norm !== undefined);
  return (maps: readonly tf.Tensor4D[], weights: tf.Tensor, pass: Pass): tf.Tensor4D => {
    if (!pass.training) return evaluated(maps, weights, pass);
    const { y, mean, variance } = mixedSum(weights, maps, { normalise: flags });
    const means = tf.unstack(mean);
    const variances = tf.unstack(variance);
    norms.forEach((norm, k) => {
      if (norm) pass.observe(norm.names, means[k]!, variances[k]!, y.size / y.shape[3]);
    });
    return y;
  };

  /** With given statistics each map takes part as scale * x + shift. */
  function evaluated(maps: readonly tf.Tensor4D[], weights: tf.Tensor, pass: Pass): tf.Tensor4D {
    const parts = tf.unstack(weights).map((weight, k) =>
      pass.part(() => {
        const prefix = norms[k]?.prefix;
        if (prefix === undefined) return maps[k]!.mul(weight);
        const { mean, variance } = pass.running(prefix);
        const scale = variance.add(EPSILON).rsqrt().mul(weight);
        return maps[k]!.mul(scale).sub(mean.mul(scale));
      }),
    );
    return tf.addN(parts) as tf.Tensor4D;
  }
}
