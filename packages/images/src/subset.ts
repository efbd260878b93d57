import { inputError, Random } from '@unnas/random';
import { labeled } from './labeled.ts';
import type { Images, LabeledImages, Picture, SegmentedImages, Source } from './picture.ts';
import { checkIndex } from './pixels.ts';
import { replacingBroken } from './replacement.ts';

/** Any set of pictures. */
type AnyImages = Images | LabeledImages | SegmentedImages;

/**
 * The first `count` pictures of a set, or those at the given indices, in that order. Mean and deviation stay those of
 * the whole set, so that pictures are normalised alike whatever part of a set is used.
 */
export function take<S extends AnyImages>(source: S, which: number | ArrayLike<number>): KindOf<S> {
  const indices = typeof which === 'number' ? first(source, which) : Uint32Array.from(which);
  for (const index of typeof which === 'number' ? [] : Array.from(which)) checkIndex(index, source.length);
  return taken(source, indices) as KindOf<S>;
}

/** The general kind of a set: a part of it has none of what else a set may carry. */
export type KindOf<S extends AnyImages> = S extends LabeledImages
  ? LabeledImages
  : S extends SegmentedImages
    ? SegmentedImages
    : Images;

/**
 * Splits a set into two disjoint parts that together are the whole: the first holds `portion` of the pictures, rounded
 * down. In a search the first part trains the weights and the second the alphas. The same seed gives the same parts.
 */
export function split<S extends AnyImages>(
  source: S,
  { seed, portion = 0.5 }: SplitOptions,
): [KindOf<S>, KindOf<S>] {
  if (!(portion > 0 && portion < 1)) {
    throw inputError(`the portion of a split lies between 0 and 1, got ${portion}`);
  }
  const count = Math.floor(source.length * portion);
  if (count < 1) {
    throw inputError(
      `${source.name} has too few pictures to split: ${portion} of ${source.length} leaves one part empty`,
    );
  }
  const order = Random.of(seed, 'split').permutation(source.length);
  // Sorted, so that a part is read in the order of the files; what is random is the choice.
  return [take(source, order.slice(0, count).sort()), take(source, order.slice(count).sort())];
}

export interface SplitOptions {
  readonly seed: number;
  /** Share of the first part, between 0 and 1; a half by default. */
  readonly portion?: number;
}

function first(source: AnyImages, count: number): Uint32Array {
  if (!Number.isInteger(count) || count < 1) {
    throw inputError(`the number of pictures to take is a whole number of at least 1, got ${count}`);
  }
  if (count > source.length) {
    throw inputError(`${source.name} has ${source.length} pictures, cannot take ${count}`);
  }
  return Uint32Array.from({ length: count }, (_, i) => i);
}

function taken(source: AnyImages, indices: Uint32Array): AnyImages {
  if (source.labels !== undefined) {
    const labels = Int32Array.from(indices, (index) => source.labels[index]!);
    return labeled(part(source.images, indices), labels, source.classes);
  }
  if (source.segments !== undefined) {
    const { classes } = source;
    return { ...part(source, indices), segments: true, classes, images: part(source.images, indices) };
  }
  return part(source, indices);
}

function part<P extends Picture>(source: Source<P>, indices: Uint32Array): Source<P> {
  const whole = (within: ArrayLike<number>) =>
    Uint32Array.from(within, (index) => {
      checkIndex(index, indices.length);
      return indices[index]!;
    });
  const about = {
    name: source.name,
    length: indices.length,
    size: source.size,
    preparation: source.preparation,
    mean: source.mean,
    deviation: source.deviation,
    // One and the same list: it may grow.
    skipped: source.skipped,
  };
  const { tryLoad } = source;
  if (tryLoad !== undefined)
    return { ...about, ...replacingBroken(about, async (within) => tryLoad(whole(within))) };
  return { ...about, load: async (within) => source.load(whole(within)) };
}
