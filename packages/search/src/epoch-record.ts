import type { AlphaHealth, Genotype } from '@unnas/genotype';
import { addTallies, type Metric, type Tally } from '@unnas/pretext';

/** What is known after a round: an epoch of DARTS, a sample of random search. One line of `log.jsonl`. */
export interface EpochRecord {
  /** Rounds done, from 1. */
  readonly epoch: number;
  /** Rounds of the whole run. */
  readonly epochs: number;
  /** Mean loss of the weight steps, each before its update. */
  readonly loss: number;
  /** The task's metric over the weight steps, 0 to 1: most often the share of rows that were right. */
  readonly trainAccuracy: number;
  /**
   * The task's metric on the held-out half after the round, 0 to 1: in evaluation mode, pictures prepared as for a
   * test. (The original augments them as in training; clean pictures make the number comparable between runs.)
   */
  readonly accuracy: number;
  /**
   * What guessing gets of what `accuracy` was measured on, 0 to 1. Where that depends on the pictures, as for colours, it is what
   * the best single answer gets.
   */
  readonly chance: number;
  /** Mean loss of the alpha steps, each before its update; null when there were none. */
  readonly alphaLoss: number | null;
  /** Mean L2 norm of the weight gradients before clipping. */
  readonly gradientNorm: number;
  /** Learning rate of the weights, in the last step of the round. */
  readonly learningRate: number;
  /** The cell that a run which ended here would give. */
  readonly genotype: Genotype;
  /** Softmax of the alphas, [edge][candidate]; null for an algorithm without alphas. */
  readonly alphas: { readonly normal: number[][]; readonly reduce: number[][] } | null;
  /** Measures of collapse; null for an algorithm without alphas. */
  readonly health: AlphaHealth | null;
  /** The architecture that this round trained; null when a round trains all of them at once. */
  readonly sample: Genotype | null;
  /** Wall time of the round. */
  readonly seconds: number;
  /** Pictures of the weight half trained in a second, scoring not counted. */
  readonly imagesPerSecond: number;
  /** Milliseconds of the round that were spent waiting for batches: for pictures, and for the making of batches. */
  readonly waitedMilliseconds: number;
  /** Milliseconds of the round that went into the making of batches of pictures in memory, on the thread that trains. */
  readonly preparedMilliseconds: number;
}

const NUMBERS = [
  'epoch',
  'epochs',
  'loss',
  'trainAccuracy',
  'accuracy',
  'chance',
  'gradientNorm',
  'learningRate',
] as const;

/** Whether a value, read from a log, has what a record cannot be without. */
export function isRecord(value: unknown): value is EpochRecord {
  const record = (value ?? {}) as Partial<EpochRecord>;
  return (
    NUMBERS.every((name) => Number.isFinite(record[name])) &&
    Array.isArray(record.genotype?.normal) &&
    Array.isArray(record.genotype.reduce) &&
    [record.alphas, record.health, record.sample].every((part) => typeof part === 'object')
  );
}

/** Where a run is, after each step. */
export interface Progress {
  /** The round under way, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly phase: 'train' | 'score';
  /** Steps of the phase that are done, from 1. */
  readonly step: number;
  readonly steps: number;
  /** Steps of the whole run that are done, those before a resume included, and how many there are. */
  readonly done: number;
  readonly total: number;
  /** Loss of the weight step; null while scoring. */
  readonly loss: number | null;
  /** Pictures of the weight half trained in a second in this round so far. */
  readonly imagesPerSecond: number;
}

/** What one unit of work gave. */
export type UnitReport = TrainReport | ScoreReport;

export interface TrainReport {
  readonly phase: 'train';
  readonly pictures: number;
  readonly loss: number;
  readonly tally: Tally;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Of the step of the alphas, where there was one. */
  readonly alphas: { readonly loss: number; readonly gradientNorm: number } | undefined;
}

export interface ScoreReport {
  readonly phase: 'score';
  readonly tally: Tally;
}

/** Sums over the part of a round that is done. Plain numbers: they are kept in the checkpoint. */
export interface RoundSums {
  steps: number;
  pictures: number;
  loss: number;
  /** Of the weight steps. */
  tally: Tally;
  gradientNorm: number;
  learningRate: number;
  alphaSteps: number;
  alphaLoss: number;
  /** Of the batches that were scored. */
  scoredTally: Tally;
  seconds: number;
  trainSeconds: number;
  waitedMilliseconds: number;
  preparedMilliseconds: number;
}

export function emptySums(): RoundSums {
  return {
    steps: 0,
    pictures: 0,
    loss: 0,
    tally: [],
    gradientNorm: 0,
    learningRate: 0,
    alphaSteps: 0,
    alphaLoss: 0,
    scoredTally: [],
    seconds: 0,
    trainSeconds: 0,
    waitedMilliseconds: 0,
    preparedMilliseconds: 0,
  };
}

/** What a unit took, and of that the waiting for its batches; and the making of its batches, whenever that was. */
export interface UnitTimes {
  readonly seconds: number;
  readonly waitedMilliseconds: number;
  readonly preparedMilliseconds: number;
}

/** Adds a unit and the time it took to the sums. */
export function addUnit(
  sums: RoundSums,
  report: UnitReport,
  { seconds, waitedMilliseconds, preparedMilliseconds }: UnitTimes,
): void {
  sums.seconds += seconds;
  sums.waitedMilliseconds += waitedMilliseconds;
  sums.preparedMilliseconds += preparedMilliseconds;
  if (report.phase === 'score') {
    sums.scoredTally = addTallies(sums.scoredTally, report.tally);
    return;
  }
  sums.trainSeconds += seconds;
  sums.steps++;
  sums.pictures += report.pictures;
  sums.loss += report.loss;
  sums.tally = addTallies(sums.tally, report.tally);
  sums.gradientNorm += report.gradientNorm;
  sums.learningRate = report.learningRate;
  if (report.alphas !== undefined) {
    sums.alphaSteps++;
    sums.alphaLoss += report.alphas.loss;
  }
}

export function imagesPerSecond(sums: RoundSums): number {
  return sums.trainSeconds > 0 ? sums.pictures / sums.trainSeconds : 0;
}

/** What the algorithm adds to a record. */
export type RoundResult = Pick<EpochRecord, 'genotype' | 'alphas' | 'health' | 'sample'>;

export function epochRecord(
  epoch: number,
  epochs: number,
  sums: RoundSums,
  { metric, ...result }: RoundResult & { readonly metric: Metric },
): EpochRecord {
  return {
    epoch,
    epochs,
    loss: sums.loss / sums.steps,
    trainAccuracy: metric.value(sums.tally),
    accuracy: metric.value(sums.scoredTally),
    chance: metric.guess(sums.scoredTally),
    alphaLoss: sums.alphaSteps === 0 ? null : sums.alphaLoss / sums.alphaSteps,
    gradientNorm: sums.gradientNorm / sums.steps,
    learningRate: sums.learningRate,
    ...result,
    seconds: sums.seconds,
    imagesPerSecond: imagesPerSecond(sums),
    waitedMilliseconds: sums.waitedMilliseconds,
    preparedMilliseconds: sums.preparedMilliseconds,
  };
}
