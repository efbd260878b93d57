import { inputError, Random } from '@unnas/random';
import { labeled } from './labeled.ts';
import type { Images, LabeledImages } from './picture.ts';
import { checkIndex } from './pixels.ts';

/**
 * The first `count` pictures of a set, or those at the given indices, in that order. Mean and deviation stay those of
 * the whole set, so that pictures are normalised alike whatever part of a set is used.
 */
export function take(source: LabeledImages, which: number | ArrayLike<number>): LabeledImages;
export function take(source: Images, which: number | ArrayLike<number>): Images;
export function take(source: Images | LabeledImages, which: number | ArrayLike<number>) {
  const indices = typeof which === 'number' ? first(source, which) : Uint32Array.from(which);
  for (const index of typeof which === 'number' ? [] : Array.from(which)) checkIndex(index, source.length);
  return source.labels === undefined ? takeImages(source, indices) : takeLabeled(source, indices);
}

/**
 * Splits a set into two disjoint parts that together are the whole: the first holds `portion` of the pictures, rounded
 * down. In a search the first part trains the weights and the second the alphas. The same seed gives the same parts.
 */
export function split(source: LabeledImages, options: SplitOptions): [LabeledImages, LabeledImages];
export function split(source: Images, options: SplitOptions): [Images, Images];
export function split(source: Images | LabeledImages, { seed, portion = 0.5 }: SplitOptions) {
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
  const parts = [order.slice(0, count).sort(), order.slice(count).sort()];
  return parts.map((part) => (source.labels === undefined ? take(source, part) : take(source, part)));
}

export interface SplitOptions {
  readonly seed: number;
  /** Share of the first part, between 0 and 1; a half by default. */
  readonly portion?: number;
}

function first(source: Images | LabeledImages, count: number): Uint32Array {
  if (!Number.isInteger(count) || count < 1) {
    throw inputError(`the number of pictures to take is a whole number of at least 1, got ${count}`);
  }
  if (count > source.length) {
    throw inputError(`${source.name} has ${source.length} pictures, cannot take ${count}`);
  }
  return Uint32Array.from({ length: count }, (_, i) => i);
}

function takeImages(source: Images, indices: Uint32Array): Images {
  return {
    name: source.name,
    length: indices.length,
    size: source.size,
    mean: source.mean,
    deviation: source.deviation,
    skipped: source.skipped,
    async load(within) {
      return source.load(
        Uint32Array.from(within, (index) => {
          checkIndex(index, indices.length);
          return indices[index]!;
        }),
      );
    },
  };
}

function takeLabeled(source: LabeledImages, indices: Uint32Array): LabeledImages {
  const labels = Int32Array.from(indices, (index) => source.labels[index]!);
  return labeled(takeImages(source.images, indices), labels, source.classes);
}
