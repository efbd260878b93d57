import * as tf from '@tensorflow/tfjs';
import { type Genotype, parseGenotype } from '@unnas/genotype';
import { cosine, expectMemory, sgd, type Tensors } from '@unnas/nn';
import type { Metric } from '@unnas/pretext';
import type { Random } from '@unnas/random';
import { derivedNetwork, type Network } from '@unnas/supernet';
import type { Prepared, Searcher, Setup } from './algorithm.ts';
import { type Trained, weightStep } from './darts-step.ts';
import type { RoundSums } from './epoch-record.ts';
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
import type { Schedule, Unit } from './schedule.ts';
import type { Json } from './settings.ts';

/** Architectures to be trained one after the other; each depends on its number alone. */
export interface Samples {
  readonly count: number;
  readonly genotype: (round: number) => Genotype;
  /** The stream from which its initial weights are drawn. */
  readonly weights: (round: number) => Random;
}

interface Candidate {
  readonly genotype: Genotype;
  readonly network: Network;
  readonly trained: Trained;
}

/**
 * Trains the network of each sample from scratch on the weight half, scores it on the held-out half, and keeps the best. All have
 * the same budget to the bit: the same batches in the same order, with the same learning rates, so that scores differ by the
 * architecture and its initial weights alone. A round of the run is one architecture.
 */
export class SampleSearcher implements Searcher {
  readonly schedule: Schedule;
  readonly metric: Metric;
  readonly #setup: Setup;
  readonly #samples: Samples;
  #candidate: Candidate | undefined;
  #best: { genotype: Genotype; accuracy: number } | undefined;

  constructor(setup: Setup, samples: Samples) {
    this.#setup = setup;
    this.metric = setup.task.metric;
    this.#samples = samples;
    this.schedule = {
      rounds: samples.count,
      trainSteps: setup.settings.epochs * setup.weights.trainSteps,
      scoreSteps: setup.alphas.scoreSteps,
    };
    const { network } = this.#architecture(0);
    checkMemory(network);
    expectMemory(network.trainingMemory(setup.weights.input.rows, setup.weights.input.side));
  }

  /** The architecture of a round. */
  #architecture(round: number): Pick<Candidate, 'genotype' | 'network'> {
    const { task, space } = this.#setup;
    const genotype = this.#samples.genotype(round);
    const { cells, channels, stem } = space;
    const { classes, channels: inputChannels, head } = task;
    const network = derivedNetwork(genotype, { cells, channels, stem, classes, inputChannels, head });
    return { genotype, network };
  }

  /** The same with untrained weights. */
  #draw(round: number): Candidate {
    const { momentum, weightDecay } = this.#setup.settings;
    const architecture = this.#architecture(round);
    const { network } = architecture;
    const trained = trainedOf(network, network.initial(this.#samples.weights(round)), {
      weightOptimizer: sgd({ momentum, weightDecay }),
    });
    return { ...architecture, trained };
  }

  #current(): Candidate {
    if (this.#candidate === undefined) throw new Error('no architecture was drawn yet');
    return this.#candidate;
  }

  async prepare({ phase, step }: Unit): Promise<Prepared> {
    const { weights, alphas } = this.#setup;
    return { main: await (phase === 'score' ? alphas.score(step) : weights.train(step)), alphas: undefined };
  }

  work({ round, phase, step }: Unit, { main }: Prepared) {
    const { task, settings, weights } = this.#setup;
    if (phase === 'train' && step === 0) this.#replace(this.#draw(round));
    const { network, trained } = this.#current();
    if (phase === 'score') return { phase, tally: scoreBatch(network, task, trained, main) } as const;
    const { epochs, minimumLearningRate, clip } = settings;
    const epoch = Math.floor(step / weights.trainSteps);
    const learningRate = cosine(settings.learningRate, epoch, epochs, minimumLearningRate);
    const batch = batchTensors(main);
    const result = weightStep(networkModel(network, task), trained, batch, { learningRate, clip });
    tf.dispose({ ...batch });
    return { phase, pictures: main.pictures, ...result, learningRate, alphas: undefined } as const;
  }

  /** Of equal scores the first stays the best. */
  finish(_round: number, sums: RoundSums) {
    const sample = this.#current().genotype;
    const accuracy = this.#setup.task.metric.value(sums.scoredTally);
    if (this.#best === undefined || accuracy > this.#best.accuracy)
      this.#best = { genotype: sample, accuracy };
    return { genotype: this.#best.genotype, alphas: null, health: null, sample };
  }

  save() {
    const best = this.#best ?? null;
    const candidate = this.#candidate;
    return {
      tensors: candidate === undefined ? {} : saveTrained(candidate.network, candidate.trained),
      memory: best as unknown as Json,
    };
  }

  load({ tensors, memory }: { tensors: Tensors; memory: Json }, next: Unit | undefined) {
    if (memory !== null) {
      const { genotype, accuracy } = memory as unknown as { genotype: unknown; accuracy: number };
      this.#best = { genotype: parseGenotype(genotype), accuracy };
    }
    // Between two rounds the network that was trained last is of no more use.
    if (next === undefined || (next.phase === 'train' && next.step === 0)) return;
    this.#replace(this.#draw(next.round));
    const { network, trained } = this.#current();
    loadTrained(network, trained, tensors);
  }

  #replace(candidate: Candidate | undefined) {
    if (this.#candidate !== undefined) disposeTrained(this.#candidate.trained);
    this.#candidate = candidate;
  }

  dispose() {
    this.#replace(undefined);
  }
}
