import * as tf from '@tensorflow/tfjs';
import { firstLargestReference } from '@unnas/pretext';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { runs, useNative } from '../testing/oracle.ts';

const rows = fc.nat(40).chain((count) =>
  fc.integer({ min: 1, max: 70 }).chain((classes) =>
    fc
      .array(fc.constantFrom(-1, 0, 1, 2, -Infinity, Infinity, Number.NaN), {
        minLength: count * classes,
        maxLength: count * classes,
      })
      .map((values) => ({ classes, values: Float32Array.from(values) })),
  ),
);

describe('the first of the largest', () => {
  beforeAll(useNative);

  it('is found as in the reference, with equal values and values that are no numbers', () => {
    fc.assert(
      fc.property(rows, ({ classes, values }) => {
        const guessed = (
          by: (attrs: { values: Float32Array; classes: number; guesses: Int32Array }) => void,
        ) => {
          const guesses = new Int32Array(values.length / classes).fill(77);
          by({ values, classes, guesses });
          return [...guesses];
        };
        const { kernelFunc } = tf.getKernel('UnnasFirstLargest', 'native');
        const native = guessed((attrs) =>
          kernelFunc({ inputs: {}, attrs: attrs as never, backend: tf.backend() }),
        );
        expect(native).toEqual(guessed(firstLargestReference));
      }),
      { numRuns: runs(200) },
    );
  });
});
