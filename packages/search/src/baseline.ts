import { cost, type Genotype, type NetworkSize } from '@unnas/genotype';
import { inputError } from '@unnas/random';
import type { EpochRecord } from './epoch-record.ts';

/** How a found architecture compares with random ones of the same budget: `baseline.json`. */
export interface Baseline extends Budget {
  readonly format: 'unnas-baseline';
  readonly version: number;
  /** What guessing gets, 0 to 1. */
  readonly chance: number;
  readonly found: Contender;
  /** In the order in which they were drawn. */
  readonly random: readonly Contender[];
  /** Of the accuracies of the random ones. */
  readonly mean: number;
  /** Their standard deviation (n - 1 in the denominator); null for a single one. */
  readonly deviation: number | null;
  /** The best of the random ones. */
  readonly best: number;
  /** Of the found one among all: 1 plus how many random ones are better. */
  readonly rank: number;
  /** Accuracy of the found one less the mean. */
  readonly difference: number;
  /** The same in standard deviations; null where there is none, or it is 0. */
  readonly deviations: number | null;
  /**
   * In what share of cases an architecture drawn at random would have come out at least as high among these: the p-value of a
   * permutation test, (1 + random ones at least as good) / (1 + random ones). It needs no assumption about the scores.
   */
  readonly pValue: number;
}

/** What every architecture of a comparison had. */
export interface Budget {
  readonly task: string;
  /** Whether chance is what the best single answer gets of the pictures that were scored. */
  readonly chanceMeasured: boolean;
  readonly epochs: number;
  /** Pictures in a batch. */
  readonly batch: number;
  readonly pictures: { readonly trained: number; readonly scored: number };
  readonly drawSeed: number;
  readonly network: NetworkSize;
}

export interface Contender {
  readonly genotype: Genotype;
  /** The task's metric on the held-out half, 0 to 1. */
  readonly accuracy: number;
  /** The same in training, over all its epochs. */
  readonly trainAccuracy: number;
  readonly parameters: number;
  /** Of a forward pass of one picture. */
  readonly multiplyAdds: number;
}

export const BASELINE_VERSION = 1;

/** The outcome of a comparison from its records: the found architecture, then the random ones. */
export function baselineOf(records: readonly EpochRecord[], budget: Budget): Baseline {
  const [found, ...random] = records.map((record) => contender(record, budget.network));
  if (found === undefined || random.length === 0) {
    throw new RangeError(`expected a found architecture and random ones, got ${records.length} records`);
  }
  const scores = random.map(({ accuracy }) => accuracy);
  // Relative to one of them, so that equal scores have a deviation of exactly 0.
  const mean = scores[0]! + sum(scores.map((score) => score - scores[0]!)) / scores.length;
  const deviation =
    scores.length < 2
      ? null
      : Math.sqrt(sum(scores.map((score) => (score - mean) ** 2)) / (scores.length - 1));
  const difference = found.accuracy - mean;
  const count = (holds: (score: number) => boolean) => scores.filter(holds).length;
  return {
    format: 'unnas-baseline',
    version: BASELINE_VERSION,
    ...budget,
    chance: records[0]!.chance,
    found,
    random,
    mean,
    deviation,
    best: scores.reduce((a, b) => Math.max(a, b)),
    rank: 1 + count((score) => score > found.accuracy),
    difference,
    deviations: deviation ? difference / deviation : null,
    pValue: (1 + count((score) => score >= found.accuracy)) / (1 + scores.length),
  };
}

/** Throws an input error naming `file` unless the value is a baseline of this version. */
export function checkBaseline(value: unknown, file: string): Baseline {
  const { format, version } = (value ?? {}) as Partial<Baseline>;
  if (format !== 'unnas-baseline') throw inputError(`${file} is not the outcome of a comparison`);
  if (version !== BASELINE_VERSION) {
    throw inputError(`${file} is of version ${version}, this program reads version ${BASELINE_VERSION}`);
  }
  return value as Baseline;
}

function contender({ sample, accuracy, trainAccuracy }: EpochRecord, network: NetworkSize): Contender {
  if (sample === null) throw new RangeError('expected a record of one architecture');
  const { parameters, multiplyAdds } = cost(sample, network);
  return { genotype: sample, accuracy, trainAccuracy, parameters, multiplyAdds };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
