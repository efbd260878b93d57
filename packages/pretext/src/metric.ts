import type * as tf from '@tensorflow/tfjs';
import { firstLargest, tidyValues } from '@unnas/nn';

/** Counts of a batch that add up over batches, entry by entry: whole numbers, of which there are as many in every batch. */
export type Tally = readonly number[];

/** How well logits answer: from counts of batches to one number. */
export interface Metric {
  readonly name: string;
  /** What guessing gets, from 0 to 1; null where that depends on the pictures, see `guess`. */
  readonly chance: number | null;
  tally(logits: tf.Tensor, y: tf.Tensor): number[];
  /** From 0 to 1; 0 where nothing was counted. */
  value(tally: Tally): number;
  /** What guessing would have got of all that was tallied: `chance` where there is one, else what the best single answer gets. */
  guess(tally: Tally): number;
}

/** The sum of the tallies of two batches; an empty one adds nothing. */
export function addTallies(a: Tally, b: Tally): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}

export interface AccuracyOptions {
  readonly classes: number;
  /** What guessing gets, 1 / classes by default. null: the share of the most frequent class, which is counted. */
  readonly chance?: number | null;
  /** A label that does not count. */
  readonly ignore?: number;
  /** A row is right where its class is among so many with the largest logits; 1 by default. */
  readonly top?: number;
}

/** Share of rows (or pixels) whose largest logit is that of their class. The first of equal logits counts. */
export function accuracy({ classes, top = 1, chance = top / classes, ignore }: AccuracyOptions): Metric {
  return {
    name: top === 1 ? 'accuracy' : `top-${top} accuracy`,
    chance,
    /** Right, counted, and where chance is measured how often each class was to be answered. */
    tally(logits, y) {
      const labels = y.dataSync<'int32'>();
      const isRight =
        top === 1 ? rightFirst(logits, labels, classes) : rightWithin(top, logits, labels, classes);
      const counts = new Array<number>(chance === null ? 2 + classes : 2).fill(0);
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row]!;
        if (label === ignore) continue;
        counts[1]!++;
        if (isRight(row)) counts[0]!++;
        if (chance === null) counts[2 + label]!++;
      }
      return counts;
    },
    value: ([right = 0, counted = 0]) => right / Math.max(1, counted),
    guess: ([_, counted = 0, ...frequencies]) => chance ?? largest(frequencies) / Math.max(1, counted),
  };
}

/**
 * Mean over the classes of intersection over union: pixels that are of a class and answered so, of those that are of it or answered
 * so, summed over all pictures. Pixels of the label `ignore` do not count at all; a class that is neither there nor answered
 * counts as 0, as in the official code. Guessing is to answer the most frequent class everywhere.
 */
export function meanIntersectionOverUnion({
  classes,
  ignore,
}: {
  readonly classes: number;
  readonly ignore: number;
}): Metric {
  const part = (tally: Tally, index: number) => tally.slice(index * classes, (index + 1) * classes);
  return {
    name: 'mIoU',
    chance: null,
    /** Intersections, unions, and pixels of each class. */
    tally(logits, y) {
      const labels = y.dataSync<'int32'>();
      const guesses = guessesOf(logits, classes);
      const counts = new Array<number>(3 * classes).fill(0);
      for (let row = 0; row < labels.length; row++) {
        const [label, guess] = [labels[row]!, guesses[row]!];
        if (label === ignore) continue;
        counts[2 * classes + label]!++;
        counts[classes + label]!++;
        if (guess === label) counts[label]!++;
        else if (guess >= 0) counts[classes + guess]!++;
      }
      return counts;
    },
    value(tally) {
      const [intersections, unions] = [part(tally, 0), part(tally, 1)];
      const each = intersections.map((count, k) => count / (unions[k]! + 1e-10));
      return each.reduce((sum, value) => sum + value, 0) / classes;
    },
    guess(tally) {
      const pixels = part(tally, 2);
      const all = pixels.reduce((sum, count) => sum + count, 0);
      return largest(pixels) / Math.max(1, all) / classes;
    },
  };
}

function rightFirst(logits: tf.Tensor, labels: Int32Array, classes: number): (row: number) => boolean {
  const guesses = guessesOf(logits, classes);
  return (row) => guesses[row] === labels[row];
}

/** Whether fewer than `top` classes come before that of a row: with a larger logit, or an equal one and a smaller number. */
function rightWithin(
  top: number,
  logits: tf.Tensor,
  labels: Int32Array,
  classes: number,
): (row: number) => boolean {
  const values = logits.dataSync<'float32'>();
  return (row) => {
    const own = values[row * classes + labels[row]!]!;
    let before = Number.isNaN(own) ? classes : 0;
    for (let k = 0; k < classes; k++) {
      const value = values[row * classes + k]!;
      if (value > own || (value === own && k < labels[row]!)) before++;
    }
    return before < top;
  };
}

/** Of each row the class of its largest logit, the first of equal ones; -1 for a row without any number. */
function guessesOf(logits: tf.Tensor, classes: number): Int32Array {
  return tidyValues(() => firstLargest(logits.reshape([-1, classes])).dataSync<'int32'>());
}

function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
