import * as tf from '@tensorflow/tfjs';
import { type Alphas, alphaHealth, deriveGenotype, softmaxRows } from '@unnas/genotype';
import { adam, cosine, expectMemory, sgd } from '@unnas/nn';
import type { Metric } from '@unnas/pretext';
import { inputError, Random } from '@unnas/random';
import { fusedCells, supernet } from '@unnas/supernet';
import type { Algorithm, Prepared, Searcher, Setup } from './algorithm.ts';
import { checkNumber } from './check-number.ts';
import { firstOrderAlphaStep, secondOrderAlphaStep, type Trained, weightStep } from './darts-step.ts';
import {
  batchTensors,
  checkMemory,
  disposeTrained,
  loadTrained,
  networkModel,
  saveTrained,
  scoreBatch,
  trainedOf,
} from './network-model.ts';
import { firstAlphaStep, type Schedule, type Unit } from './schedule.ts';

export interface DartsOptions {
  /** 1: alphas follow the gradient at the current weights. 2: at the weights one step ahead, about four times the work. */
  readonly order: 1 | 2;
  /** Of the alphas, constant over the run. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Of the alphas. */
  readonly weightDecay: number;
  /** Alphas move from this epoch on, counted from 0; 1.5 means from the middle of the second epoch. */
  readonly alphaStart: number;
}

/**
 * Differentiable architecture search (Liu, Simonyan, Yang 2019). In each step the alphas move by Adam on a batch of the one half
 * of the pictures, then the weights by SGD on a batch of the other. Defaults are those of the original search on CIFAR-10.
 */
export function darts(options: Partial<DartsOptions> = {}): Algorithm {
  const all: DartsOptions = {
    order: options.order ?? 1,
    learningRate: options.learningRate ?? 3e-4,
    beta1: options.beta1 ?? 0.5,
    beta2: options.beta2 ?? 0.999,
    epsilon: options.epsilon ?? 1e-8,
    weightDecay: options.weightDecay ?? 1e-3,
    alphaStart: options.alphaStart ?? 0,
  };
  return {
    name: 'darts',
    options: { ...all },
    check({ epochs }) {
      if (all.order !== 1 && all.order !== 2)
        throw inputError(`the order of darts is 1 or 2, got ${all.order}`);
      checkNumber('the learning rate of the alphas', all.learningRate, { above: 0 });
      checkNumber('the weight decay of the alphas', all.weightDecay, { least: 0 });
      checkNumber('the epsilon of the alphas', all.epsilon, { above: 0 });
      for (const name of ['beta1', 'beta2'] as const) {
        if (!(all[name] >= 0 && all[name] < 1)) {
          throw inputError(`${name} of the alphas is at least 0 and less than 1, got ${all[name]}`);
        }
      }
      checkNumber('the epoch at which the alphas start', all.alphaStart, { least: 0 });
      if (all.alphaStart >= epochs) {
        throw inputError(
          `the alphas start at epoch ${all.alphaStart}, but the search ends at epoch ${epochs}: they would never move`,
        );
      }
    },
    begin: (setup) => new DartsSearcher(setup, all),
  };
}

class DartsSearcher implements Searcher {
  readonly schedule: Schedule;
  readonly metric: Metric;
  readonly #setup: Setup;
  readonly #options: DartsOptions;
  readonly #network: ReturnType<typeof supernet>;
  readonly #trained: Trained;
  /** The training step of the run at which the alphas begin to move. */
  readonly #firstAlphaStep: number;

  constructor(setup: Setup, options: DartsOptions) {
    const { task, space, settings, weights, alphas } = setup;
    if (settings.activations !== 'float32' && !fusedCells(space)) {
      throw inputError(
        `activations are kept as ${settings.activations} by the fused cells of the backend native, and the cells of this space on the backend ${tf.getBackend()} are not fused`,
      );
    }
    this.#setup = setup;
    this.metric = setup.task.metric;
    this.#options = options;
    this.schedule = {
      rounds: settings.epochs,
      trainSteps: weights.trainSteps,
      scoreSteps: alphas.scoreSteps,
    };
    this.#firstAlphaStep = firstAlphaStep(options.alphaStart, weights.trainSteps);
    this.#network = supernet(space, { classes: task.classes, inputChannels: task.channels, head: task.head });
    checkMemory(this.#network);
    expectMemory(this.#network.trainingMemory(weights.input.rows, weights.input.side, settings.activations));
    const { beta1, beta2, epsilon, weightDecay } = options;
    this.#trained = trainedOf(
      this.#network,
      {
        ...this.#network.initial(Random.of(settings.seed, 'weights')),
        alphas: { ...this.#network.initialAlphas(Random.of(settings.seed, 'alphas')) },
      },
      {
        weightOptimizer: sgd({ momentum: settings.momentum, weightDecay: settings.weightDecay }),
        alphaOptimizer: adam({ beta1, beta2, epsilon, weightDecay }),
      },
    );
  }

  async prepare(unit: Unit): Promise<Prepared> {
    const { weights, alphas } = this.#setup;
    if (unit.phase === 'score') return { main: await alphas.score(unit.step), alphas: undefined };
    const step = unit.round * weights.trainSteps + unit.step;
    const [main, forAlphas] = await Promise.all([
      weights.train(step),
      step < this.#firstAlphaStep ? undefined : alphas.train(step - this.#firstAlphaStep),
    ]);
    return { main, alphas: forAlphas };
  }

  work({ round, phase }: Unit, prepared: Prepared) {
    const { task, settings } = this.#setup;
    if (phase === 'score') {
      return { phase, tally: scoreBatch(this.#network, task, this.#trained, prepared.main) } as const;
    }
    const { epochs, minimumLearningRate, clip } = settings;
    const learningRate = cosine(settings.learningRate, round, epochs, minimumLearningRate);
    const model = networkModel(this.#network, task, settings.activations);
    const batch = batchTensors(prepared.main);
    const alphaBatch = prepared.alphas && batchTensors(prepared.alphas);
    const alphas = alphaBatch && this.#alphaStep(model, alphaBatch, batch, learningRate);
    const weights = weightStep(model, this.#trained, batch, { learningRate, clip });
    tf.dispose([{ ...batch }, { ...alphaBatch }]);
    return { phase, pictures: prepared.main.pictures, ...weights, learningRate, alphas } as const;
  }

  #alphaStep(
    model: ReturnType<typeof networkModel>,
    batch: ReturnType<typeof batchTensors>,
    trainBatch: ReturnType<typeof batchTensors>,
    weightLearningRate: number,
  ) {
    const { learningRate, order } = this.#options;
    if (order === 1) return firstOrderAlphaStep(model, this.#trained, batch, { learningRate });
    const { momentum, weightDecay } = this.#setup.settings;
    const unrolling = { learningRate, weightLearningRate, momentum, weightDecay };
    return secondOrderAlphaStep(model, this.#trained, batch, trainBatch, unrolling);
  }

  finish() {
    const alphas = this.#alphas();
    const { candidates, nodes } = this.#setup.space;
    return {
      genotype: deriveGenotype(alphas, { candidates, nodes }),
      alphas: { normal: softmaxRows(alphas.normal), reduce: softmaxRows(alphas.reduce) },
      health: alphaHealth(alphas, { candidates, nodes }),
      sample: null,
    };
  }

  #alphas(): Alphas {
    const { normal, reduce } = this.#trained.alphas;
    return { normal: normal!.arraySync() as number[][], reduce: reduce!.arraySync() as number[][] };
  }

  save() {
    return { tensors: saveTrained(this.#network, this.#trained), memory: null };
  }

  load({ tensors }: { tensors: ReturnType<typeof saveTrained> }) {
    loadTrained(this.#network, this.#trained, tensors);
  }

  dispose() {
    disposeTrained(this.#trained);
  }
}
