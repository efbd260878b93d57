import { randomGenotype } from '@unnas/genotype';
import { inputError, Random } from '@unnas/random';
import type { Algorithm } from './algorithm.ts';
import { checkWhole } from './check-number.ts';
import { SampleSearcher } from './sample-searcher.ts';

export interface RandomSearchOptions {
  /** How many architectures are drawn. */
  readonly samples: number;
}

/**
 * Random search: draws architectures uniformly, trains the network of each from scratch for the same number of epochs on the
 * weight half, scores it on the held-out half, and keeps the best. A round of the run is one architecture.
 */
export function randomSearch({ samples }: RandomSearchOptions): Algorithm {
  return {
    name: 'random',
    options: { samples },
    check({ activations }) {
      checkWhole('the number of samples', samples, 1);
      if (activations !== 'float32') {
        throw inputError(
          `activations are kept as ${activations} in a supernet only, and a random search trains networks without one`,
        );
      }
    },
    begin(setup) {
      const { seed } = setup.settings;
      const { candidates, nodes } = setup.space;
      return new SampleSearcher(setup, {
        count: samples,
        genotype(round) {
          const random = Random.of(seed, 'genotype', round);
          return randomGenotype(() => random.uniform(), { candidates, nodes });
        },
        weights: (round) => Random.of(seed, 'weights', round),
      });
    },
  };
}
