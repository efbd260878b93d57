import type { Picture, Source } from '@unnas/images';
import type { Task } from '@unnas/pretext';
import { describe, expect, it } from 'vitest';
import { type HalfBatch, half } from './half.ts';

/** Pictures of one pixel that hold their number. */
const source: Source<Picture> = {
  name: 'numbers',
  length: 11,
  size: 1,
  preparation: 'cifar',
  skipped: [],
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
  load: async (indices) =>
    Array.from(indices, (i) => ({ height: 1, width: 1, data: Uint8Array.of(i, i, i) })),
};

/** Rows: the number of the picture, and the first draw of its stream; -1 for a test. */
const task = {
  prepare: (pictures, _statistics, streams, mode) => ({
    x: Float32Array.from(
      pictures.flatMap(({ data }, i) => [data[0]!, mode === 'test' ? -1 : streams[i]!.uniform()]),
    ),
    xShape: [pictures.length, 1, 1, 2],
    y: new Int32Array(pictures.length),
    yShape: [pictures.length],
  }),
  views: 3,
  inputSize: () => 7,
} as Pick<Task, 'prepare' | 'views' | 'inputSize'> as Task;

const make = (stream = 'weights', scored?: number) =>
  half({ source, task, batch: 4, seed: 1, stream, scored });
const numbers = ({ x }: { x: Float32Array }) => Array.from(x.filter((_, i) => i % 2 === 0));

/** A batch without what depends on the clock. */
const timeless = ({ preparedMilliseconds, ...batch }: HalfBatch) => batch;

describe('a half', () => {
  it('visits different pictures within a pass, in another order each pass', async () => {
    const weights = make();
    expect([weights.trainSteps, weights.scoreSteps, weights.length]).toEqual([2, 3, 11]);
    expect(weights.input).toEqual({ rows: 12, side: 7 });
    const passes = [];
    for (const pass of [0, 1]) {
      const batches = [await weights.train(2 * pass), await weights.train(2 * pass + 1)];
      expect(batches.map(({ pictures }) => pictures)).toEqual([4, 4]);
      const seen = batches.flatMap(numbers);
      expect(new Set(seen).size).toBe(8);
      passes.push(seen);
    }
    expect(passes[0]).not.toEqual(passes[1]);
  });

  it('gives the same batch whoever asks, in whatever order', async () => {
    const forwards = make();
    const expected = [];
    for (let step = 0; step < 6; step++) expected.push(timeless(await forwards.train(step)));
    const backwards = make();
    for (let step = 5; step >= 0; step--)
      expect(timeless(await backwards.train(step))).toEqual(expected[step]);
    const atOnce = make();
    const all = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => atOnce.train(step)));
    expect(all.map(timeless)).toEqual(expected);
  });

  it('draws other orders and augmentations for the other half', async () => {
    const [alphas, weights] = [await make('alphas').train(0), await make('weights').train(0)];
    expect(timeless(alphas)).not.toEqual(timeless(weights));
  });

  it('scores each picture once, as it is', async () => {
    const alphas = make('alphas');
    const batches = await Promise.all([0, 1, 2].map((step) => alphas.score(step)));
    expect(batches.flatMap(numbers)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(batches.map(({ pictures }) => pictures)).toEqual([4, 4, 3]);
    for (const { x } of batches)
      expect(x.filter((_, i) => i % 2 === 1).every((draw) => draw === -1)).toBe(true);
  });

  it('scores the first pictures only, if asked', async () => {
    const few = make('alphas', 5);
    expect(few.scoreSteps).toBe(2);
    expect(numbers(await few.score(1))).toEqual([4]);
    expect(make('alphas', 100).scoreSteps).toBe(3);
  });
});
