import type * as tf from '@tensorflow/tfjs';
import type { CropFlip, Picture, Statistics } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { cropFlipBatch, drawBatch } from './crop-flip-batch.ts';
import type { HostBatch, Task } from './task.ts';
import { topOne } from './top-one.ts';

const TURNS = 4;

/**
 * Predicts by how many quarter turns a picture was rotated (Gidaris et al., ICLR 2018). Each picture comes into the batch
 * four times, turned counter-clockwise by 0, 1, 2 and 3 quarters after one augmentation for all four; the labels are
 * the turns. Needs no labels of pictures.
 */
export function rotation(): Task<Picture> {
  return {
    name: 'rotation',
    labels: false,
    classes: TURNS,
    channels: 3,
    views: TURNS,
    chance: 1 / TURNS,
    head: { kind: 'linear' },
    prepare: (pictures, statistics, streams, mode) =>
      rotationBatch(pictures, statistics, drawBatch(streams, mode)),
    loss: (logits, y) => crossEntropy(logits as tf.Tensor2D, y as tf.Tensor1D),
    correct: topOne,
  };
}

/** The batch of given draws: x [pictures * 4, size, size, 3] and y = 0, 1, 2, 3, 0, 1, ... */
export function rotationBatch(
  pictures: readonly Picture[],
  statistics: Statistics,
  draws: readonly CropFlip[],
): HostBatch {
  const batch = cropFlipBatch(pictures, statistics, draws, TURNS);
  const [rows, height, width] = batch.xShape;
  if (height !== width) throw inputError(`rotation needs square pictures, got ${width}x${height}`);
  const values = height * width * 3;
  for (let row = 0; row < rows; row += TURNS) writeTurns(batch.x, row * values, height);
  return { ...batch, y: Int32Array.from({ length: rows }, (_, row) => row % TURNS), yShape: [rows] };
}

/**
 * Writes the three further turns of the picture at `from` behind it. One quarter turn counter-clockwise is
 * turned[r, c] = picture[c, size - 1 - r].
 */
function writeTurns(x: Float32Array, from: number, size: number): void {
  const values = size * size * 3;
  const last = size - 1;
  for (let r = 0, at = from; r < size; r++) {
    for (let c = 0; c < size; c++, at += 3) {
      const one = from + values + ((last - c) * size + r) * 3;
      const two = from + 2 * values + ((last - r) * size + last - c) * 3;
      const three = from + 3 * values + (c * size + last - r) * 3;
      const red = x[at]!;
      const green = x[at + 1]!;
      const blue = x[at + 2]!;
      x[one] = red;
      x[one + 1] = green;
      x[one + 2] = blue;
      x[two] = red;
      x[two + 1] = green;
      x[two + 2] = blue;
      x[three] = red;
      x[three + 1] = green;
      x[three + 2] = blue;
    }
  }
}
