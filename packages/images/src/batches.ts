import { inputError, Random } from '@unnas/random';

/** What a draw of an epoch depends on, besides the index of a picture. */
export interface EpochStream {
  readonly seed: number;
  readonly epoch: number;
  /** Tells apart the data sets of a run, such as the weights' and the alphas' half. */
  readonly stream: string;
}

/** The order in which an epoch visits a set of `length` pictures. */
export function epochOrder(length: number, { seed, epoch, stream }: EpochStream): Uint32Array {
  return Random.of(seed, 'order', stream, epoch).permutation(length);
}

/**
 * One random stream for each picture of a batch. A stream depends on seed, epoch and the picture's index alone, so a
 * picture is augmented alike whatever batch it falls in and whoever prepares it.
 */
export function augmentationStreams(indices: ArrayLike<number>, at: EpochStream): Random[] {
  const epoch = Random.of(at.seed, 'augment', at.stream, at.epoch);
  return Array.from(indices, (index) => epoch.split(index));
}

/** How many batches an epoch has; a last batch that is not full counts only with `keepLast`. */
export function batchesPerEpoch(length: number, batch: number, { keepLast = false } = {}): number {
  if (!Number.isInteger(batch) || batch < 1) {
    throw inputError(`a batch is a whole number of pictures, at least 1, got ${batch}`);
  }
  return keepLast ? Math.ceil(length / batch) : Math.floor(length / batch);
}

/** Cuts an order into batches of `batch` indices. The last one is dropped unless it is full or `keepLast` is set. */
export function batches(
  order: Uint32Array,
  batch: number,
  options: { keepLast?: boolean } = {},
): Uint32Array[] {
  return Array.from({ length: batchesPerEpoch(order.length, batch, options) }, (_, i) =>
    order.subarray(i * batch, (i + 1) * batch),
  );
}
