import * as tf from '@tensorflow/tfjs';
import { EPSILON, mixedSum } from '@unnas/nn';
import type { Branch } from './layers.ts';
import type { Pass } from './pass.ts';

/** One candidate on one edge into a node, with the state that it reads. */
export interface Incoming {
  readonly input: number;
  readonly branch: Branch;
}

/**
 * A node of a supernet cell: the weighted sum of all candidates on all its edges. The batch norms at their ends, which have
 * neither scale nor offset, are computed together with the sum.
 *
 * @returns a function of the states so far and the weights, one for each element of `incoming`
 */
export function mixedNode(incoming: readonly Incoming[]) {
  const norms = incoming.map(({ branch }) => branch.norm);
  const flags = norms.map((norm) => norm !== undefined);
  return (states: readonly tf.Tensor4D[], weights: tf.Tensor, pass: Pass): tf.Tensor4D => {
    const maps = incoming.map(({ input, branch }) => branch.map(states[input]!, pass));
    if (!pass.training) return evaluated(maps, weights, pass);
    const { y, mean, variance } = mixedSum(weights, maps, { normalise: flags });
    const means = tf.unstack(mean);
    const variances = tf.unstack(variance);
    norms.forEach((norm, k) => {
      if (norm) pass.observe(norm.prefix, means[k]!, variances[k]!, y.size / y.shape[3]);
    });
    return y;
  };

  /** With given statistics each map takes part as scale * x + shift. */
  function evaluated(maps: readonly tf.Tensor4D[], weights: tf.Tensor, pass: Pass): tf.Tensor4D {
    const parts = tf.unstack(weights).map((weight, k) => {
      const prefix = norms[k]?.prefix;
      if (prefix === undefined) return maps[k]!.mul(weight);
      const { mean, variance } = pass.running(prefix);
      const scale = variance.add(EPSILON).rsqrt().mul(weight);
      return maps[k]!.mul(scale).sub(mean.mul(scale));
    });
    return tf.addN(parts) as tf.Tensor4D;
  }
}
