import * as tf from '@tensorflow/tfjs';
import { type Activations, pack as join, type Observed, type Tensors } from '@unnas/nn';
import type { Pack } from './declaration.ts';

/** What a forward pass is given besides its input. */
export interface PassOptions {
  readonly parameters: Tensors;
  /** Running mean and variance of every batch norm: used in evaluation. */
  readonly statistics: Tensors;
  readonly training: boolean;
  /** A hint that the gradients of the parameters will not be asked for. */
  readonly frozen?: boolean;
  /** What fused cells keep their maps as between the passes of training, see `searchCell`; others keep float32. */
  readonly activations?: Activations | undefined;
}

/** The names of the running statistics of some batch norms. */
export interface StatisticNames {
  readonly means: readonly string[];
  readonly variances: readonly string[];
}

/** @param prefixes one for each batch norm */
export function statisticNames(prefixes: readonly string[]): StatisticNames {
  return {
    means: prefixes.map((prefix) => `${prefix}mean`),
    variances: prefixes.map((prefix) => `${prefix}var`),
  };
}

/** One forward pass: where layers look up their tensors and batch norms leave what they saw. */
export class Pass {
  readonly training: boolean;
  readonly frozen: boolean;
  readonly activations: Activations;
  readonly #parameters: Tensors;
  readonly #statistics: Tensors;
  readonly #observed: Observed[] = [];
  readonly #fixed = new Set<tf.Tensor>();
  readonly #mixes = new Map<readonly tf.Tensor[], tf.Tensor2D>();

  constructor({ parameters, statistics, training, frozen = false, activations = 'float32' }: PassOptions) {
    this.training = training;
    this.frozen = frozen;
    this.activations = activations;
    this.#parameters = parameters;
    this.#statistics = statistics;
  }

  parameter(name: string): tf.Tensor {
    return found(this.#parameters, name, 'parameters');
  }

  /** The parameters of a pack in one tensor, whether they are given packed or one by one. */
  packed({ name, members }: Pack): tf.Tensor {
    return this.#parameters[name] ?? join(members.map((member) => this.parameter(member)));
  }

  /**
   * The weights of all nodes of a kind of cell as the rows of one matrix. Cells of a kind share it, so it is made once a pass.
   *
   * @param weights by node, as `nodeWeights` gives them
   */
  mix(weights: readonly tf.Tensor[], [rows, columns]: readonly [number, number]): tf.Tensor2D {
    let mix = this.#mixes.get(weights);
    if (mix === undefined)
      this.#mixes.set(weights, (mix = tf.concat1d([...weights] as tf.Tensor1D[]).reshape([rows, columns])));
    return mix;
  }

  /** The names under which the running statistics of two packs are given: those of the packs, or of their members. */
  packedNames(means: Pack, variances: Pack): StatisticNames {
    const names = (pack: Pack) => (pack.name in this.#statistics ? [pack.name] : pack.members);
    return { means: names(means), variances: names(variances) };
  }

  /** Running statistics of the batch norm of this prefix, C each. */
  running(prefix: string): { mean: tf.Tensor; variance: tf.Tensor } {
    return {
      mean: found(this.#statistics, `${prefix}mean`, 'statistics'),
      variance: found(this.#statistics, `${prefix}var`, 'statistics'),
    };
  }

  /** Notes maps that come from parameters alone: where those are frozen, nobody will ask for the gradients of these maps either. */
  fix(...maps: readonly tf.Tensor[]): void {
    if (this.frozen) for (const map of maps) this.#fixed.add(map);
  }

  isFixed(map: tf.Tensor): boolean {
    return this.#fixed.has(map);
  }

  /**
   * Computes a part of the network. In evaluation the maps on its way are freed at once, all but its result; in training they stay,
   * as the gradient needs them.
   */
  part<T extends tf.TensorContainer>(compute: () => T): T {
    return this.training ? compute() : tf.tidy(compute);
  }

  /** Notes a batch's mean and biased variance, C for each name, over `count` values a channel. */
  observe({ means, variances }: StatisticNames, mean: tf.Tensor, variance: tf.Tensor, count: number): void {
    // A batch is normalised with the biased variance, but the unbiased one is remembered.
    this.#observed.push(
      { names: means, values: mean, scale: 1 },
      { names: variances, values: variance, scale: count / Math.max(1, count - 1) },
    );
  }

  /** What `moveAverages` takes into the running statistics after this pass. */
  get observed(): readonly Observed[] {
    return this.#observed;
  }
}

function found(tensors: Tensors, name: string, what: string): tf.Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new RangeError(`the network's ${what} lack ${name}`);
  return tensor;
}
