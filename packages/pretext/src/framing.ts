import type { Preparation } from '@unnas/images';
import { inputError } from '@unnas/random';
import type { Framing } from './draw-view.ts';
import type { SetOfPictures } from './task.ts';

/** Options that all tasks have. */
export interface FramingOptions {
  /** Side in pixels of the square that is cut out of a picture; by default that of the paper for the kind of set. */
  readonly crop?: number | undefined;
  /** To how many pixels the shorter side is scaled first; by default in proportion to the crop as in the paper. */
  readonly resize?: number | undefined;
  /**
   * Does what the authors' release does where it is known to be wrong, to compare bit by bit; false by default. Random crops never
   * begin at the last possible offset. And pictures of sets that are not like CIFAR-10 are mirrored once more, and lit and
   * normalised with the constants of blue for red and the other way round (the release wants to change the order of
   * channels, and turns the wrong axis); in segmentation the labels are not mirrored with them. Colorization is free of that.
   */
  readonly release?: boolean | undefined;
}

/** How the pictures of a kind of set are framed; null is the size that they have. */
export type Framings = Readonly<
  Record<Preparation, { train: Framing['train']; crop: number | null; resize: number | null }>
>;

/** How pictures are framed where nothing else is said. */
export const FRAMINGS: Framings = {
  cifar: { train: 'pad-crop', crop: null, resize: null },
  imagenet: { train: 'sized-crop', crop: 224, resize: 256 },
  cityscapes: { train: 'scale-crop', crop: 321, resize: 512 },
};

/** The framing of a set. Throws an input error where its pictures have no size of their own, or are too small for the crop. */
export function framingOf(
  framings: Framings,
  { preparation, size }: Pick<SetOfPictures, 'preparation' | 'size'>,
  { crop, resize }: FramingOptions,
): Framing {
  const { train, ...paper } = framings[preparation];
  const side = crop ?? paper.crop ?? resize ?? size;
  if (side === null) throw inputError('pictures of different sizes need a crop, in pixels');
  const scaled = resize ?? scaledFor(side, size, paper);
  if (scaled !== null && scaled < side) {
    throw inputError(
      `a crop of ${side} pixels cannot be cut out of pictures whose shorter side is resized to ${scaled}`,
    );
  }
  return { train, size: side, resize: scaled };
}

/** What the shorter side is scaled to where nobody said. */
function scaledFor(
  side: number,
  size: number | null,
  paper: { crop: number | null; resize: number | null },
): number | null {
  if (paper.resize !== null && paper.crop !== null) {
    return Math.max(side, Math.round((side * paper.resize) / paper.crop));
  }
  // Small squares stay as they are, as long as the crop fits into them.
  return size !== null && size >= side ? null : side;
}

/** Checks the options as far as that can be done without pictures, and leaves out what is not said. */
export function checkedFraming({ crop, resize, release = false }: FramingOptions): {
  readonly crop?: number;
  readonly resize?: number;
  readonly release: boolean;
} {
  for (const [name, pixels] of Object.entries({ crop, resize })) {
    if (pixels !== undefined && !(Number.isSafeInteger(pixels) && pixels >= 1)) {
      throw inputError(`the ${name} is a whole number of pixels, at least 1, got ${pixels}`);
    }
  }
  return {
    ...(crop === undefined ? {} : { crop }),
    ...(resize === undefined ? {} : { resize }),
    release,
  };
}
