import * as tf from '@tensorflow/tfjs';
import { type Genotype, parseGenotype, randomGenotype } from '@unnas/genotype';
import { cosine, sgd, type Tensors } from '@unnas/nn';
import { Random } from '@unnas/random';
import { derivedNetwork, type Network } from '@unnas/supernet';
import type { Algorithm, Prepared, Searcher, Setup } from './algorithm.ts';
import { checkWhole } from './check-number.ts';
import { type Trained, weightStep } from './darts-step.ts';
import { type RoundSums, scoredAccuracy } from './epoch-record.ts';
import {
  batchTensors,
  disposeTrained,
  loadTrained,
  networkModel,
  rowsOf,
  saveTrained,
  scoreBatch,
  trainedOf,
} from './network-model.ts';
import type { Schedule, Unit } from './schedule.ts';
import type { Json } from './settings.ts';

export interface RandomSearchOptions {
  /** How many architectures are drawn. */
  readonly samples: number;
}

/**
 * Random search, the baseline: draws architectures uniformly, trains the network of each from scratch for the same number of
 * epochs on the weight half, scores it on the held-out half, and keeps the best. A round of the run is one architecture.
 */
export function randomSearch({ samples }: RandomSearchOptions): Algorithm {
  return {
    name: 'random',
    options: { samples },
    check: () => checkWhole('the number of samples', samples, 1),
    begin: (setup) => new RandomSearcher(setup, samples),
  };
}

interface Candidate {
  readonly genotype: Genotype;
  readonly network: Network;
  readonly trained: Trained;
}

class RandomSearcher implements Searcher {
  readonly schedule: Schedule;
  readonly #setup: Setup;
  #candidate: Candidate | undefined;
  #best: { genotype: Genotype; accuracy: number } | undefined;

  constructor(setup: Setup, samples: number) {
    this.#setup = setup;
    this.schedule = {
      rounds: samples,
      trainSteps: setup.settings.epochs * setup.weights.trainSteps,
      scoreSteps: setup.alphas.scoreSteps,
    };
  }

  /** The architecture of a round with its untrained network. */
  #draw(round: number): Candidate {
    const { task, space, settings } = this.#setup;
    const { seed, momentum, weightDecay } = settings;
    const random = Random.of(seed, 'genotype', round);
    const { candidates, nodes, cells, channels, stem } = space;
    const genotype = randomGenotype(() => random.uniform(), { candidates, nodes });
    const { classes, channels: inputChannels, head } = task;
    const network = derivedNetwork(genotype, { cells, channels, stem, classes, inputChannels, head });
    const trained = trainedOf(network.initial(Random.of(seed, 'weights', round)), {
      weightOptimizer: sgd({ momentum, weightDecay }),
    });
    return { genotype, network, trained };
  }

  #current(): Candidate {
    if (this.#candidate === undefined) throw new Error('no architecture was drawn yet');
    return this.#candidate;
  }

  async prepare({ round, phase, step }: Unit): Promise<Prepared> {
    const { weights, alphas } = this.#setup;
    const main =
      phase === 'score' ? alphas.score(step) : weights.train(round * this.schedule.trainSteps + step);
    return { main: await main, alphas: undefined };
  }

  work({ round, phase, step }: Unit, { main }: Prepared) {
    const { task, settings, weights } = this.#setup;
    if (phase === 'train' && step === 0) this.#replace(this.#draw(round));
    const { network, trained } = this.#current();
    const rows = rowsOf(main);
    if (phase === 'score') return { phase, rows, correct: scoreBatch(network, task, trained, main) } as const;
    const { epochs, minimumLearningRate, clip } = settings;
    const epoch = Math.floor(step / weights.trainSteps);
    const learningRate = cosine(settings.learningRate, epoch, epochs, minimumLearningRate);
    const batch = batchTensors(main);
    const result = weightStep(networkModel(network, task), trained, batch, { learningRate, clip });
    tf.dispose({ ...batch });
    return { phase, pictures: main.pictures, rows, ...result, learningRate, alphas: undefined } as const;
  }

  /** Of equal scores the first stays the best. */
  finish(_round: number, sums: RoundSums) {
    const sample = this.#current().genotype;
    const accuracy = scoredAccuracy(sums);
    if (this.#best === undefined || accuracy > this.#best.accuracy)
      this.#best = { genotype: sample, accuracy };
    return { genotype: this.#best.genotype, alphas: null, health: null, sample };
  }

  save() {
    const best = this.#best ?? null;
    return {
      tensors: this.#candidate === undefined ? {} : saveTrained(this.#candidate.trained),
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
    loadTrained(this.#current().trained, tensors);
  }

  #replace(candidate: Candidate | undefined) {
    if (this.#candidate !== undefined) disposeTrained(this.#candidate.trained);
    this.#candidate = candidate;
  }

  dispose() {
    this.#replace(undefined);
  }
}
