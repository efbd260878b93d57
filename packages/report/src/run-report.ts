import type { AlphaHealth, Genotype } from '@unnas/genotype';

/** Any value that JSON can write down. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * What is known after a round of a search, an epoch or a sampled architecture: a line of `log.jsonl`. A
 * number that is missing, null or not finite is left out of the charts.
 */
export interface RoundRecord {
  /** Rounds done, from 1. */
  readonly epoch: number;
  /** Rounds of the whole run. */
  readonly epochs?: number | null;
  /** Mean loss of the weight steps. */
  readonly loss?: number | null;
  /** Mean loss of the alpha steps. */
  readonly alphaLoss?: number | null;
  /** Share of rows that were right in the weight steps, 0 to 1. */
  readonly trainAccuracy?: number | null;
  /** The task's metric on held-out pictures, 0 to 1: most often the share of rows that are right. */
  readonly accuracy?: number | null;
  /** What guessing gets of what `accuracy` was measured on, 0 to 1. */
  readonly chance?: number | null;
  /** Mean L2 norm of the weight gradients before clipping. */
  readonly gradientNorm?: number | null;
  /** Learning rate of the weights. */
  readonly learningRate?: number | null;
  /** The cell that a run which ended here would give. */
  readonly genotype?: Genotype | null;
  /** Softmax of the alphas, [edge][candidate]. */
  readonly alphas?: { readonly normal: number[][]; readonly reduce: number[][] } | null;
  /** Measures of collapse. */
  readonly health?: AlphaHealth | null;
  /** The architecture that this round trained, where each round trains one of its own. */
  readonly sample?: Genotype | null;
  readonly seconds?: number | null;
  /** Pictures trained in a second. */
  readonly imagesPerSecond?: number | null;
  /** Milliseconds that were spent waiting for batches. */
  readonly waitedMilliseconds?: number | null;
  /** Milliseconds that the making of batches took on the thread that trains. */
  readonly preparedMilliseconds?: number | null;
}

/** How the found cell compares with random ones of the same budget: `baseline.json`. */
export interface Baseline {
  /** Accuracy of guessing, 0 to 1. */
  readonly chance: number;
  /** Whether that was measured, as the share of the most frequent answer. */
  readonly chanceMeasured?: boolean;
  /** Passes over the pictures that every network had. */
  readonly epochs: number;
  readonly pictures: { readonly trained: number; readonly scored: number };
  readonly found: Contender;
  readonly random: readonly Contender[];
  /** Of the accuracies of the random ones. */
  readonly mean: number;
  /** Their standard deviation; null for a single one. */
  readonly deviation: number | null;
  /** The best of them. */
  readonly best: number;
  /** Of the found one among all, from 1. */
  readonly rank: number;
  /** How far the found one is above the mean, in standard deviations; null where there is none, or it is 0. */
  readonly deviations: number | null;
  /** Share of cases in which a cell drawn at random would have come out at least as high among these. */
  readonly pValue: number;
}

/** A cell of a comparison, and how its network did. */
export interface Contender {
  readonly genotype: Genotype;
  /** Share of rows that are right on held-out pictures, 0 to 1. */
  readonly accuracy: number;
  /** The same in training. */
  readonly trainAccuracy: number;
  readonly parameters: number;
  /** Of a forward pass of one picture. */
  readonly multiplyAdds: number;
}

/** A run as plain data: what its folder holds, and what only its caller knows. */
export interface RunReport {
  /** By default it says which task was searched on which pictures. */
  readonly title?: string;
  /**
   * `config.json` of the run. `task`, `data` and `space` are looked into where they are there; all is listed.
   */
  readonly config: { readonly [name: string]: Json };
  /** In the order of the rounds. Empty if the run was stopped in the first. */
  readonly records: readonly RoundRecord[];
  /** The outcome; by default the genotype of the last record that has one. */
  readonly genotype?: Genotype | null;
  /** How the genotype compares with random ones, if that was tried. */
  readonly baseline?: Baseline | null;
  /** Accuracy of guessing, 0 to 1; by default that of the last record, or of one of the task's classes drawn at random. */
  readonly chance?: number;
  /** The machine: processor, threads, backend and the like. */
  readonly environment?: { readonly [name: string]: Json };
  /** Files that were no pictures. */
  readonly skipped?: readonly { readonly file: string; readonly reason: string }[];
}
