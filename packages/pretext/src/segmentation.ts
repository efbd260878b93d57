import { IGNORED, type SegmentedPicture } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { augmented } from './augmentation.ts';
import { checkedFraming, FRAMINGS, type FramingOptions, framingOf } from './framing.ts';
import { meanIntersectionOverUnion } from './metric.ts';
import type { Task } from './task.ts';
import { frameBatch } from './transforms/frame.ts';
import { frameLabels } from './transforms/frame-labels.ts';

export interface SegmentationOptions extends FramingOptions {
  readonly classes: number;
  /** Channels of each branch of the head; 64 by default, as in the search of the paper. */
  readonly channels?: number;
  /** Dilation rates of the head's branches; [6] by default, as in the search of the paper. */
  readonly rates?: readonly number[];
}

/**
 * Predicts the class of each pixel: the supervised task on street scenes. Pixels labelled 255 count neither in the loss nor in the
 * metric, which is the mean over classes of intersection over union.
 */
export function segmentation({
  classes,
  channels = 64,
  rates = [6],
  ...options
}: SegmentationOptions): Task<SegmentedPicture> {
  if (!Number.isInteger(classes) || classes < 2 || classes > IGNORED) {
    throw inputError(`segmentation needs 2 to ${IGNORED} classes, got ${classes}`);
  }
  for (const number of [channels, ...rates]) {
    if (!Number.isSafeInteger(number) || number < 1) {
      throw inputError(
        `channels and rates of the head of segmentation are whole numbers of at least 1, got ${number}`,
      );
    }
  }
  const given = checkedFraming(options);
  return {
    name: 'segmentation',
    options: { classes, channels, rates, ...given },
    labels: 'pixels',
    classes,
    channels: 3,
    views: 1,
    head: { kind: 'segmentation', channels, rates },
    metric: meanIntersectionOverUnion({ classes, ignore: IGNORED }),
    inputSize: (source) => framingOf(FRAMINGS, source, given).size,
    prepare(pictures, source, streams, mode) {
      const framing = framingOf(FRAMINGS, source, given);
      const { size } = framing;
      const { release } = given;
      const seen = augmented(pictures, source, streams, framing, { mode, release });
      // In the release the labels stay as they were when the pictures are mirrored once more.
      const views =
        release && source.preparation !== 'cifar'
          ? seen.views.map((view) => ({ ...view, flip: !view.flip }))
          : seen.views;
      const labelMaps = pictures.map(({ height, width, labelMap }) => ({ height, width, data: labelMap }));
      const y = frameLabels({ labelMaps, views, size });
      const wrong = y.find((label) => label >= classes && label !== IGNORED);
      if (wrong !== undefined) {
        throw inputError(
          `a pixel has the label ${wrong}, expected 0 to ${classes - 1} (${classes} classes) or ${IGNORED}, which does not count`,
        );
      }
      const yShape = [pictures.length, size, size];
      return { x: frameBatch({ pictures, size, turns: 1, ...seen }), xShape: [...yShape, 3], y, yShape };
    },
    loss: (logits, y) => crossEntropy(logits, y, { ignore: IGNORED }),
  };
}
