import type { LabeledPicture } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { augmented } from './augmentation.ts';
import { checkedFraming, FRAMINGS, type FramingOptions, framingOf } from './framing.ts';
import { accuracy } from './metric.ts';
import type { Task } from './task.ts';
import { frameBatch } from './transforms/frame.ts';

export interface ClassificationOptions extends FramingOptions {
  readonly classes: number;
}

/** Predicts the class of a picture: the supervised task that pretext tasks are compared with. */
export function classification({ classes, ...options }: ClassificationOptions): Task<LabeledPicture> {
  if (!Number.isInteger(classes) || classes < 2) {
    throw inputError(`classification needs at least 2 classes, got ${classes}`);
  }
  const given = checkedFraming(options);
  return {
    name: 'classification',
    options: { classes, ...given },
    labels: 'pictures',
    classes,
    channels: 3,
    views: 1,
    head: { kind: 'linear' },
    metric: accuracy({ classes }),
    inputSize: (source) => framingOf(FRAMINGS, source, given).size,
    prepare(pictures, source, streams, mode) {
      const wrong = pictures.find(({ label }) => !(label >= 0 && label < classes));
      if (wrong !== undefined) {
        throw inputError(
          `a picture has the label ${wrong.label}, expected 0 to ${classes - 1} (${classes} classes)`,
        );
      }
      const framing = framingOf(FRAMINGS, source, given);
      const { size } = framing;
      const seen = augmented(pictures, source, streams, framing, { mode, release: given.release });
      return {
        x: frameBatch({ pictures, size, turns: 1, ...seen }),
        xShape: [pictures.length, size, size, 3],
        y: Int32Array.from(pictures, ({ label }) => label),
        yShape: [pictures.length],
      };
    },
    loss: crossEntropy,
  };
}
