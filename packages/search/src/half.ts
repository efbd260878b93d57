import { augmentationStreams, batchesPerEpoch, epochOrder, type Picture, type Source } from '@unnas/images';
import type { HostBatch, Task } from '@unnas/pretext';

/**
 * One half of the training set, as batches of the task. Every batch depends on (seed, stream, pass, step) alone: whoever asks,
 * in whatever order, gets the same numbers.
 */
export interface Half {
  /** Pictures. */
  readonly length: number;
  /** What a batch of training shows the network: how many maps, and their side in pixels. */
  readonly input: { readonly rows: number; readonly side: number };
  /** Full batches in one pass over the half; the rest of the order is left out until the next pass. */
  readonly trainSteps: number;
  /** Batches that visit each picture that is scored once; the last may be smaller. */
  readonly scoreSteps: number;
  /** A batch of the shuffled half, augmented. `step` is counted over all passes: each pass has an order of its own. */
  train(step: number): Promise<HalfBatch>;
  /** A batch in the order of the files, prepared without augmentation. */
  score(step: number): Promise<HalfBatch>;
}

export interface HalfBatch extends HostBatch {
  /** Pictures in the batch; a task may make several rows of one. */
  readonly pictures: number;
  /** What the task took to make it of pictures in memory, on the thread that trains. */
  readonly preparedMilliseconds: number;
}

export interface HalfOptions<P extends Picture> {
  readonly source: Source<P>;
  readonly task: Task<P>;
  readonly batch: number;
  readonly seed: number;
  /** Tells apart the halves. */
  readonly stream: string;
  /** How many pictures are scored, from the first on; all by default. */
  readonly scored?: number | undefined;
}

export function half<P extends Picture>({ source, task, batch, seed, stream, scored }: HalfOptions<P>): Half {
  const { length } = source;
  const trainSteps = batchesPerEpoch(length, batch);
  const scoredPictures = Math.min(scored ?? length, length);
  let latest: { pass: number; order: Uint32Array } = { pass: -1, order: new Uint32Array() };
  const orderOf = (pass: number) => {
    if (latest.pass !== pass) latest = { pass, order: epochOrder(length, { seed, epoch: pass, stream }) };
    return latest.order;
  };
  const prepare = async (indices: Uint32Array, pass: number, mode: 'train' | 'test'): Promise<HalfBatch> => {
    const pictures = await source.load(indices);
    const streams = augmentationStreams(indices, { seed, epoch: pass, stream });
    const begun = performance.now();
    const batch = task.prepare(pictures, source, streams, mode);
    return { ...batch, pictures: indices.length, preparedMilliseconds: performance.now() - begun };
  };
  return {
    length,
    input: { rows: batch * task.views, side: task.inputSize(source) },
    trainSteps,
    scoreSteps: batchesPerEpoch(scoredPictures, batch, { keepLast: true }),
    train(step) {
      const pass = Math.floor(step / trainSteps);
      const from = (step % trainSteps) * batch;
      return prepare(orderOf(pass).slice(from, from + batch), pass, 'train');
    },
    score(step) {
      const from = step * batch;
      const count = Math.min(batch, scoredPictures - from);
      return prepare(
        Uint32Array.from({ length: count }, (_, i) => from + i),
        0,
        'test',
      );
    },
  };
}
