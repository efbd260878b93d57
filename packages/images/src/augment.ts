import type { Random } from '@unnas/random';
import type { Picture, Statistics } from './picture.ts';

/** Zero pixels added on each side before the random crop of CIFAR-like pictures. */
export const PADDING = 4;

/** The random draws that augment one picture: mirror it, then cut it out of its zero-padded self. */
export interface CropFlip {
  /** Mirrored left to right, with probability 1/2. */
  readonly flip: boolean;
  /** Upper left corner of the crop in the padded picture, each from 0 to twice the padding, both ends included. */
  readonly top: number;
  readonly left: number;
}

/** The draws that leave a picture as it is. */
export const UNCHANGED: CropFlip = { flip: false, top: PADDING, left: PADDING };

/** Draws flip, then top, then left. */
export function drawCropFlip(random: Random): CropFlip {
  return {
    flip: random.uniform() < 0.5,
    top: random.integer(2 * PADDING + 1),
    left: random.integer(2 * PADDING + 1),
  };
}

/** For each channel, the normalised value `(v / 255 - mean) / deviation` of each byte v. */
export type Normalisation = readonly [Float32Array, Float32Array, Float32Array];

export function normalisation({ mean, deviation }: Statistics): Normalisation {
  const table = (channel: 0 | 1 | 2) =>
    Float32Array.from({ length: 256 }, (_, v) => (v / 255 - mean[channel]) / deviation[channel]);
  return [table(0), table(1), table(2)];
}

/**
 * Writes a picture, normalised, flipped and cropped, as `height * width * 3` numbers from `offset` on. The border is
 * zero after normalisation, as in the official code: it is the mean colour, not black.
 */
export function writeAugmented(
  picture: Picture,
  { flip, top, left }: CropFlip,
  [red, green, blue]: Normalisation,
  out: Float32Array,
  offset: number,
): void {
  const { height, width, data } = picture;
  const down = top - PADDING;
  const right = left - PADDING;
  // Columns of the crop that show the picture; the others show the border.
  const begin = Math.min(width, Math.max(0, -right));
  const end = Math.max(begin, Math.min(width, width - right));
  const step = flip ? -3 : 3;
  for (let row = 0, to = offset; row < height; row++) {
    const from = row + down;
    if (from < 0 || from >= height) {
      out.fill(0, to, to + width * 3);
      to += width * 3;
      continue;
    }
    out.fill(0, to, to + begin * 3);
    to += begin * 3;
    const column = begin + right;
    let at = (from * width + (flip ? width - 1 - column : column)) * 3;
    for (let i = begin; i < end; i++, at += step, to += 3) {
      out[to] = red[data[at]!]!;
      out[to + 1] = green[data[at + 1]!]!;
      out[to + 2] = blue[data[at + 2]!]!;
    }
    out.fill(0, to, to + (width - end) * 3);
    to += (width - end) * 3;
  }
}
