import * as tf from '@tensorflow/tfjs';
import { firstLargest } from '@unnas/nn';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, runs, stock, useNative } from '../testing/oracle.ts';

const tables = fc.nat(40).chain((rows) =>
  fc.integer({ min: 1, max: 70 }).chain((columns) =>
    fc
      .array(fc.constantFrom(-1, 0, 1, 2, -Infinity, Infinity, Number.NaN), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((values) => ({ shape: [rows, columns] as [number, number], values })),
  ),
);

describe('the first of the largest', () => {
  beforeAll(useNative);

  it('is found as in the reference, with equal values and values that are no numbers', async () => {
    await fc.assert(
      fc.asyncProperty(tables, async ({ shape, values }) => {
        const f = () => [firstLargest(tf.tensor2d(Float32Array.from(values), shape))];
        expectClose(await native(f), await stock(f), 0);
      }),
      { numRuns: runs(200) },
    );
  });

  it('is found in more rows than make up a task', async () => {
    const x = tf.randomNormal<tf.Rank.R2>([700, 313], 0, 1, 'float32', 5);
    const [places] = await native(() => [firstLargest(x)]);
    expect([...places!.values]).toEqual(x.arraySync().map((row) => row.indexOf(Math.max(...row))));
  });
});
