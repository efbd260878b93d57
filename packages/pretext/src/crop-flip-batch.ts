import {
  type CropFlip,
  drawCropFlip,
  normalisation,
  type Picture,
  type Statistics,
  UNCHANGED,
  writeAugmented,
} from '@unnas/images';
import { inputError, type Random } from '@unnas/random';
import type { Mode } from './task.ts';

/** The draws for each picture of a batch: random ones to train, none to test. */
export function drawBatch(streams: readonly Random[], mode: Mode): CropFlip[] {
  return streams.map((stream) => (mode === 'train' ? drawCropFlip(stream) : UNCHANGED));
}

/**
 * Writes each picture, normalised and augmented, into a batch that has room for `views` versions of each; it becomes the
 * first of them. [pictures * views, height, width, 3], picture by picture.
 */
export function cropFlipBatch(
  pictures: readonly Picture[],
  statistics: Statistics,
  draws: readonly CropFlip[],
  views: number,
): { x: Float32Array; xShape: [number, number, number, number] } {
  const { height, width } = pictures[0] ?? { height: 0, width: 0 };
  const values = height * width * 3;
  const x = new Float32Array(pictures.length * views * values);
  const table = normalisation(statistics);
  for (const [i, picture] of pictures.entries()) {
    if (picture.height !== height || picture.width !== width) {
      throw inputError(
        `the pictures of a batch have one size, got ${width}x${height} and ${picture.width}x${picture.height}`,
      );
    }
    writeAugmented(picture, draws[i]!, table, x, i * views * values);
  }
  return { x, xShape: [pictures.length * views, height, width, 3] };
}
