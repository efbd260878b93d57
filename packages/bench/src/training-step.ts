import * as tf from '@tensorflow/tfjs';
import type { Genotype } from '@unnas/genotype';
import { type Activations, adam, expectMemory, sgd } from '@unnas/nn';
import { classification } from '@unnas/pretext';
import { Random } from '@unnas/random';
import {
  disposeTrained,
  firstOrderAlphaStep,
  networkModel,
  type StepResult,
  secondOrderAlphaStep,
  trainedOf,
  weightStep,
} from '@unnas/search';
import { dartsSpace, derivedNetwork, supernet } from '@unnas/supernet';
import type { StepKind, StepSize } from './step-cost.ts';

export interface TrainingStepOptions extends StepSize {
  readonly kind: StepKind;
  /** The network of this genotype in place of the supernet; it has a weight step only. */
  readonly genotype?: Genotype;
  readonly seed: number;
  /** What the supernet keeps its maps as, float32 by default. */
  readonly activations?: Activations;
}

/** A step that can be done again and again. */
export interface TrainingStep {
  /** Pictures that a step goes through. */
  readonly images: number;
  /** Numbers that training changes, alphas not counted. */
  readonly parameters: number;
  run(): StepResult;
  dispose(): void;
}

/** Learning rates, momentum, decay and clipping of DARTS on CIFAR-10. */
const WEIGHTS = { learningRate: 0.025, momentum: 0.9, weightDecay: 3e-4, clip: 5 } as const;
const ALPHAS = { learningRate: 3e-4, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3 } as const;

/**
 * A step of a search, or of training from scratch, on random pictures of random classes: the code that searches run, from the
 * forward pass to the optimiser. Made on the backend of the moment and always run on it.
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { kind, genotype, cells, channels, stem, classes, seed } = options;
  const backend = tf.getBackend();
  const random = Random.of(seed, 'bench');
  const space =
    genotype === undefined ? supernet(dartsSpace({ cells, channels, stem }), { classes }) : undefined;
  const network = space ?? derivedNetwork(genotype!, { cells, channels, stem, classes });
  expectMemory(network.trainingMemory(options.batch, options.size, options.activations));
  const model = networkModel(network, classification({ classes }), options.activations);
  const trained = trainedOf(
    network,
    {
      ...network.initial(random.split('weights')),
      alphas: space === undefined ? {} : { ...space.initialAlphas(random.split('alphas')) },
    },
    { weightOptimizer: sgd(WEIGHTS), alphaOptimizer: adam(ALPHAS) },
  );
  const train = pictures(options, random.split('train'));
  const held = kind === 'second-order' ? pictures(options, random.split('held')) : undefined;
  const step = (): StepResult => {
    if (kind === 'weight') return weightStep(model, trained, train, WEIGHTS);
    if (held === undefined) return firstOrderAlphaStep(model, trained, train, ALPHAS);
    const { learningRate: weightLearningRate, momentum, weightDecay } = WEIGHTS;
    const { learningRate } = ALPHAS;
    const unrolling = { learningRate, weightLearningRate, momentum, weightDecay };
    return secondOrderAlphaStep(model, trained, held, train, unrolling);
  };
  return {
    images: options.batch,
    parameters: Object.values(network.parameterShapes)
      .map((shape) => shape.reduce((product, side) => product * side, 1))
      .reduce((sum, count) => sum + count, 0),
    run() {
      if (tf.getBackend() !== backend) throw new Error(`this step lives on the backend ${backend}`);
      return step();
    },
    dispose() {
      tf.dispose([{ ...train }, { ...held }]);
      disposeTrained(trained);
    },
  };
}

/** A batch N,H,W,3 of normal numbers, and a class for each. */
function pictures({ batch, size, classes }: TrainingStepOptions, random: Random) {
  const [pixels, labels] = [random.split('pixels'), random.split('labels')];
  const values = Float32Array.from({ length: batch * size * size * 3 }, () => pixels.normal());
  const targets = Int32Array.from({ length: batch }, () => labels.integer(classes));
  return { x: tf.tensor4d(values, [batch, size, size, 3]), y: tf.tensor1d(targets, 'int32') };
}
