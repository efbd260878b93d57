import type * as tf from '@tensorflow/tfjs';
import type { CropFlip, LabeledPicture, Statistics } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { cropFlipBatch, drawBatch } from './crop-flip-batch.ts';
import type { HostBatch, Task } from './task.ts';
import { topOne } from './top-one.ts';

/** Predicts the class of a picture: the supervised task that pretext tasks are compared with. */
export function classification({ classes }: { readonly classes: number }): Task<LabeledPicture> {
  if (!Number.isInteger(classes) || classes < 2) {
    throw inputError(`classification needs at least 2 classes, got ${classes}`);
  }
  return {
    name: 'classification',
    labels: true,
    classes,
    channels: 3,
    views: 1,
    chance: 1 / classes,
    head: { kind: 'linear' },
    prepare(pictures, statistics, streams, mode) {
      const wrong = pictures.find(({ label }) => !(label >= 0 && label < classes));
      if (wrong !== undefined) {
        throw inputError(
          `a picture has the label ${wrong.label}, expected 0 to ${classes - 1} (${classes} classes)`,
        );
      }
      return classificationBatch(pictures, statistics, drawBatch(streams, mode));
    },
    loss: (logits, y) => crossEntropy(logits as tf.Tensor2D, y as tf.Tensor1D),
    correct: topOne,
  };
}

/** The batch of given draws: x [pictures, height, width, 3] and y = the labels. */
export function classificationBatch(
  pictures: readonly LabeledPicture[],
  statistics: Statistics,
  draws: readonly CropFlip[],
): HostBatch {
  const y = Int32Array.from(pictures, ({ label }) => label);
  return { ...cropFlipBatch(pictures, statistics, draws, 1), y, yShape: [pictures.length] };
}
