import * as tf from '@tensorflow/tfjs';
import { crossEntropy, sgd } from '@unnas/nn';
import { Random } from '@unnas/random';
import { type Model, type StepResult, type Trained, weightStep } from '@unnas/search';
import { dartsSpace, supernet } from '@unnas/supernet';

export interface StepOptions {
  readonly cells: number;
  readonly channels: number;
  readonly classes: number;
  /** Height and width of the pictures. */
  readonly size: number;
  /** Pictures in a batch. */
  readonly batch: number;
  readonly seed: number;
}

/** The supernet of DARTS as it is searched on CIFAR-10. */
export const DARTS_CIFAR10 = { cells: 8, channels: 16, classes: 10, size: 32 } as const;

export interface SupernetStep {
  /** Pictures that a step goes through. */
  readonly images: number;
  /** Numbers that training changes. */
  readonly parameters: number;
  /** One weight step: forward, backward, clipping to 5, SGD with momentum 0.9 and weight decay 3e-4. */
  run(): StepResult;
  dispose(): void;
}

interface Batch {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** The weight step of a supernet on random pictures, made on the backend of the moment and always run on it. */
export function supernetStep({ cells, channels, classes, size, batch, seed }: StepOptions): SupernetStep {
  const backend = tf.getBackend();
  const random = Random.of(seed, 'benchmark');
  const network = supernet(dartsSpace({ cells, channels }), { classes });
  const model: Model<Batch> = {
    pass({ parameters, statistics, alphas }, { x, y }, { frozen }) {
      const mix = {
        normal: tf.softmax(alphas.normal as tf.Tensor2D),
        reduce: tf.softmax(alphas.reduce as tf.Tensor2D),
      };
      const { logits, observed } = network.forward(x, {
        parameters,
        statistics,
        training: true,
        frozen,
        mix,
      });
      return { loss: crossEntropy(logits as tf.Tensor2D, y as tf.Tensor1D), logits, observed };
    },
    correct: () => 0, // accuracy is no part of what is timed: the peers do not compute it either
  };
  const variables = (tensors: Record<string, tf.Tensor>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.variable(tensor, false)]));
  const { data, ...state } = tf.tidy(() => {
    const pixels = random.split('pictures');
    const labels = random.split('labels');
    const start = network.initial(random.split('weights'));
    return {
      parameters: variables(start.parameters),
      statistics: variables(start.statistics),
      alphas: variables({ ...network.initialAlphas(random.split('alphas')) }),
      data: {
        x: tf.tensor4d(
          Float32Array.from({ length: batch * size * size * 3 }, () => pixels.normal()),
          [batch, size, size, 3],
        ),
        y: tf.tensor1d(
          Int32Array.from({ length: batch }, () => labels.integer(classes)),
          'int32',
        ),
      },
    };
  });
  const trained: Trained = { ...state, weightOptimizer: sgd({ momentum: 0.9, weightDecay: 3e-4 }) };
  return {
    images: batch,
    parameters: Object.values(network.parameterShapes)
      .map((shape) => shape.reduce((product, side) => product * side, 1))
      .reduce((sum, count) => sum + count, 0),
    run() {
      if (tf.getBackend() !== backend) throw new Error(`this step lives on the backend ${backend}`);
      return weightStep(model, trained, data, { learningRate: 0.025, clip: 5 });
    },
    dispose() {
      tf.dispose([state, data]);
      trained.weightOptimizer.dispose();
    },
  };
}
