import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernel, native, normal, runs, useNative } from '../testing/oracle.ts';

const shapes = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 2, max: 70 }));
const labelsOf = ([rows, classes]: [number, number]) =>
  tf.tensor1d(
    Array.from({ length: rows }, (_, r) => (r * 7 + 3) % classes),
    'int32',
  );

/** The definition in doubles: loss, and gradient for a dy of 0.5. */
function inDoubles(logits: number[][]): [loss: number, gradient: number[]] {
  const labels = labelsOf([logits.length, logits[0]!.length]).arraySync();
  let loss = 0;
  const gradient = logits.flatMap((row, r) => {
    const largest = Math.max(...row);
    const shares = row.map((x) => Math.exp(x - largest));
    const total = shares.reduce((sum, share) => sum + share);
    loss += (Math.log(total) + largest - row[labels[r]!]!) / logits.length;
    return shares.map((share, c) => ((share / total - (c === labels[r] ? 1 : 0)) * 0.5) / logits.length);
  });
  return [loss, gradient];
}

describe('cross-entropy', () => {
  beforeAll(useNative);

  it('is the mean of -log softmax at the labels, with its gradient', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(1, 30), async (shape, width) => {
        const [loss, gradient] = inDoubles(normal<tf.Rank.R2>(shape, 1).mul(width).arraySync() as number[][]);
        const actual = await native(() => {
          const x = normal<tf.Rank.R2>(shape, 1).mul(width);
          return [
            ...kernel('UnnasCrossEntropy', [x, labelsOf(shape)]),
            ...kernel('UnnasCrossEntropyGrad', [x, labelsOf(shape), tf.scalar(0.5)]),
          ];
        });
        // Shares of classes are rounded as numbers up to 1, however near to 0 or 1 they are.
        expect(Math.abs(actual[0]!.values[0]! - loss)).toBeLessThan(3e-6 * Math.max(1, loss));
        const share = 0.5 / shape[0];
        actual[1]!.values.forEach((value, i) => {
          expect(Math.abs(value - gradient[i]!)).toBeLessThan(3e-6 * share);
        });
      }),
      { numRuns: runs(40) },
    );
  });

  it('is finite for logits of any size', async () => {
    const [loss] = await native(() =>
      kernel('UnnasCrossEntropy', [tf.tensor2d([1e30, 0, -1e30, 0], [2, 2]), tf.tensor1d([0, 1], 'int32')]),
    );
    expect(loss!.values[0]).toBe(0);
  });

  it('leaves out rows with the label to ignore, with gradients of zero', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(255, 1), async (shape, ignore) => {
        const labels = labelsOf(shape).arraySync();
        const own = labels.map((label, r) => (r % 3 === 0 ? ignore : label));
        const counted = own.filter((label) => label !== ignore).length;
        const kept = own.flatMap((label, r) => (label === ignore ? [] : [r]));
        const run = (attrs: object, rows: number[]) =>
          native(() => {
            const x = tf.gather(normal<tf.Rank.R2>(shape, 1), tf.tensor1d(rows, 'int32'));
            const y = tf.tensor1d(
              rows.map((r) => own[r]!),
              'int32',
            );
            return [
              ...kernel('UnnasCrossEntropy', [x, y], attrs),
              ...kernel('UnnasCrossEntropyGrad', [x, y, tf.scalar(0.5)], attrs),
            ];
          });
        const [loss, gradient] = await run({ ignore, counted }, [...own.keys()]);
        if (counted === 0) {
          expect([...loss!.values, ...gradient!.values].every((value) => value === 0)).toBe(true);
          return;
        }
        const [restLoss, rest] = await run({}, kept);
        expect(loss!.values[0]).toBeCloseTo(restLoss!.values[0]!, 5);
        const classes = shape[1];
        for (const [r, label] of own.entries()) {
          const row = gradient!.values.slice(r * classes, (r + 1) * classes);
          const place = kept.indexOf(r);
          const expected =
            label === ignore ? row.map(() => 0) : rest!.values.slice(place * classes, (place + 1) * classes);
          expect([...row]).toEqual([...expected]);
        }
      }),
      { numRuns: runs(30) },
    );
  });

  it('refuses a label that is no class', () => {
    for (const label of [-1, 2])
      expect(() => kernel('UnnasCrossEntropy', [tf.zeros([1, 2]), tf.tensor1d([label], 'int32')])).toThrow(
        'a label is not a class',
      );
  });
});
