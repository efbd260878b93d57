import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracy, addTallies, type Metric, meanIntersectionOverUnion } from './metric.ts';

const CLASSES = 3;
const IGNORE = 255;

const metrics: Metric[] = [
  accuracy({ classes: CLASSES, ignore: IGNORE }),
  accuracy({ classes: CLASSES, chance: null, ignore: IGNORE }),
  meanIntersectionOverUnion({ classes: CLASSES, ignore: IGNORE }),
];

/** Pixels as [label, guess]. */
const pixels = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, IGNORE), fc.nat(CLASSES - 1)), { minLength: 1 });
type Pixels = [label: number, guess: number][];

function tally(metric: Metric, answers: Pixels): number[] {
  return tf.tidy(() => {
    const logits = answers.map(([_, guess]) => [0, 1, 2].map((k) => (k === guess ? 1 : 0)));
    const labels = answers.map(([label]) => label);
    return metric.tally(tf.tensor2d(logits), tf.tensor1d(labels, 'int32'));
  });
}

describe('every metric', () => {
  it('adds up over batches, whatever their sizes', () => {
    fc.assert(
      fc.property(pixels, pixels, (a, b) => {
        for (const metric of metrics) {
          const parts = addTallies(tally(metric, a), tally(metric, b));
          expect(parts).toEqual(tally(metric, [...a, ...b]));
          expect(addTallies([], parts)).toEqual(parts);
        }
      }),
    );
  });

  it('is between 0 and 1, also where nothing counts', () => {
    fc.assert(
      fc.property(pixels, (answers) => {
        for (const metric of metrics) {
          const counts = tally(metric, answers);
          for (const value of [
            metric.value(counts),
            metric.guess(counts),
            metric.value([]),
            metric.guess([]),
          ]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('guesses as well as the best single answer where chance is measured', () => {
    fc.assert(
      fc.property(pixels, (answers) => {
        for (const metric of metrics.filter(({ chance }) => chance === null)) {
          const guess = metric.guess(tally(metric, answers));
          const single = [0, 1, 2].map((k) =>
            metric.value(
              tally(
                metric,
                answers.map(([label]): [number, number] => [label, k]),
              ),
            ),
          );
          expect(guess).toBeCloseTo(Math.max(...single), 8);
        }
      }),
    );
  });
});

describe('accuracy', () => {
  it('is the share of right answers among those that count', () => {
    const [metric] = metrics;
    const counts = tally(metric!, [
      [0, 0],
      [1, 1],
      [2, 0],
      [IGNORE, 0],
    ]);
    expect(counts).toEqual([2, 3]);
    expect([metric!.value(counts), metric!.guess(counts)]).toEqual([2 / 3, 1 / 3]);
  });
});

describe('the mean intersection over union', () => {
  it('is that of sums over all pictures', () => {
    const metric = metrics[2]!;
    const first: Pixels = [
      [0, 0],
      [0, 1],
      [1, 1],
      [IGNORE, 2],
    ];
    const second: Pixels = [
      [0, 0],
      [2, 0],
    ];
    const counts = addTallies(tally(metric, first), tally(metric, second));
    // Class 0: 2 of 4; class 1: 1 of 2; class 2: 0 of 1.
    expect(counts).toEqual([2, 1, 0, 4, 2, 1, 3, 1, 1]);
    expect(metric.value(counts)).toBeCloseTo((1 / 2 + 1 / 2 + 0) / 3, 9);
    expect(metric.guess(counts)).toBeCloseTo(3 / 5 / 3, 9);
  });
});
