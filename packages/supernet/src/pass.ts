import type * as tf from '@tensorflow/tfjs';
import { movingAverage, type Tensors } from '@unnas/nn';

/** What PyTorch's batch norm calls momentum: the portion of the new batch in the running statistics. */
const PORTION = 0.1;

/** What a forward pass is given besides its input. */
export interface PassOptions {
  readonly parameters: Tensors;
  /** Running mean and variance of every batch norm: used in evaluation, updated in training. */
  readonly statistics: Tensors;
  readonly training: boolean;
  /** A hint that the gradients of the parameters will not be asked for. */
  readonly frozen?: boolean;
}

/** One forward pass: where layers look up their tensors and batch norms leave what they saw. */
export class Pass {
  readonly training: boolean;
  readonly frozen: boolean;
  readonly #parameters: Tensors;
  readonly #statistics: Tensors;
  readonly #observed: Tensors = {};
  readonly #scales: Record<string, number> = {};

  constructor({ parameters, statistics, training, frozen = false }: PassOptions) {
    this.training = training;
    this.frozen = frozen;
    this.#parameters = parameters;
    this.#statistics = statistics;
  }

  parameter(name: string): tf.Tensor {
    return found(this.#parameters, name, 'parameters');
  }

  /** Running statistics of the batch norm of this prefix, C each. */
  running(prefix: string): { mean: tf.Tensor; variance: tf.Tensor } {
    return {
      mean: found(this.#statistics, `${prefix}mean`, 'statistics'),
      variance: found(this.#statistics, `${prefix}var`, 'statistics'),
    };
  }

  /** Notes a batch's mean and biased variance, C each, over `count` values a channel. */
  observe(prefix: string, mean: tf.Tensor, variance: tf.Tensor, count: number): void {
    this.#observed[`${prefix}mean`] = mean;
    this.#observed[`${prefix}var`] = variance;
    // A batch is normalised with the biased variance, but the unbiased one is remembered.
    this.#scales[`${prefix}var`] = count / Math.max(1, count - 1);
  }

  /** The running statistics after this pass: 0.9 of the old and 0.1 of what was observed, with the unbiased variance. */
  updated(): Tensors {
    const old = Object.fromEntries(
      Object.keys(this.#observed).map((name) => [name, found(this.#statistics, name, 'statistics')]),
    );
    return {
      ...this.#statistics,
      ...movingAverage(old, this.#observed, { portion: PORTION, scales: this.#scales }),
    };
  }
}

function found(tensors: Tensors, name: string, what: string): tf.Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new RangeError(`the network's ${what} lack ${name}`);
  return tensor;
}
