import { type Genotype, parseGenotype, randomGenotype } from '@unnas/genotype';
import { inputError, Random } from '@unnas/random';
import type { Algorithm } from './algorithm.ts';
import { checkWhole } from './check-number.ts';
import { SampleSearcher } from './sample-searcher.ts';
import type { Json } from './settings.ts';

export interface ComparisonOptions {
  /** The architecture that was found. */
  readonly genotype: Genotype;
  /** How many random architectures it is compared with. */
  readonly samples: number;
  /** Decides the random architectures and all initial weights. */
  readonly drawSeed: number;
}

/**
 * Trains the network of a found architecture, then those of random ones, all from scratch with the same budget. The first round of
 * the run is the found architecture, each of the others a random one.
 */
export function comparison({ genotype: given, samples, drawSeed }: ComparisonOptions): Algorithm {
  const found = checkedGenotype(given);
  return {
    name: 'comparison',
    options: { genotype: found as unknown as Json, samples, drawSeed },
    check() {
      checkWhole('the number of random samples', samples, 1);
      if (!Number.isSafeInteger(drawSeed)) throw inputError(`the seed is a whole number, got ${drawSeed}`);
    },
    begin(setup) {
      const { candidates, nodes } = setup.space;
      // Streams of their own: a random search of the same seed has drawn, and chosen among, others.
      const streamOf = (what: string, round: number) => Random.of(drawSeed, 'comparison', what, round);
      return new SampleSearcher(setup, {
        count: 1 + samples,
        genotype(round) {
          if (round === 0) return found;
          const random = streamOf('genotype', round);
          return randomGenotype(() => random.uniform(), { candidates, nodes });
        },
        weights: (round) => streamOf('weights', round),
      });
    },
  };
}

function checkedGenotype(genotype: Genotype): Genotype {
  try {
    return parseGenotype(genotype);
  } catch (cause) {
    throw inputError(`the genotype to compare is none: ${(cause as Error).message}`, { cause });
  }
}
