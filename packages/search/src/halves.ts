import {
  type Images,
  type ImagesOf,
  type LabeledImages,
  type Picture,
  type SegmentedImages,
  type Source,
  split,
  take,
} from '@unnas/images';
import { Random } from '@unnas/random';
import type { Settings } from './settings.ts';

type AnyImages = Images | LabeledImages | SegmentedImages;

export interface Halves<P extends Picture> {
  /** Trains the weights. */
  readonly weights: Source<P>;
  /** Moves the alphas, and scores. */
  readonly alphas: Source<P>;
}

/**
 * The two halves of the pictures of a run. A limit leaves out pictures of each half and moves none from one half to the other, so
 * that what was held out stays held out.
 */
export function halvesOf<P extends Picture>(
  images: ImagesOf<P>,
  { seed, portion, limit }: Pick<Settings, 'seed' | 'portion' | 'limit'>,
): Halves<P> {
  const [weights, alphas] = split(images as AnyImages, { seed, portion });
  if (limit === null) return { weights, alphas } as unknown as Halves<P>;
  const trained = Math.floor(limit * portion);
  return {
    weights: drawn(weights, trained, Random.of(seed, 'limit', 'weights')),
    alphas: drawn(alphas, limit - trained, Random.of(seed, 'limit', 'alphas')),
  } as unknown as Halves<P>;
}

/** So many pictures, in the order of the files. Drawn, for the first ones of a folder would be those of its first class. */
function drawn(source: AnyImages, count: number, random: Random): AnyImages {
  const which = random.permutation(source.length).slice(0, count).sort();
  return take(source, which);
}
