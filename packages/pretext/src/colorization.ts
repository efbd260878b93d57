import type { Picture, Rgb } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { viewOf } from './augmentation.ts';
import { checkedFraming, FRAMINGS, type FramingOptions, type Framings, framingOf } from './framing.ts';
import { accuracy } from './metric.ts';
import type { Task } from './task.ts';
import { AB_BINS } from './transforms/ab-bins.ts';
import { labBatch } from './transforms/lab.ts';

/** Small squares are mirrored and not cut: a border has no colour that could be learnt. */
const framings: Framings = { ...FRAMINGS, cifar: { train: 'crop', crop: null, resize: null } };

/**
 * Predicts the colours of a picture from its lightness (Zhang et al., "Colorful image colorization", ECCV 2016): for each pixel
 * which of 313 bins of the plane (a, b) of CIE Lab is nearest, at the full size of the input; hard targets, no balancing of
 * classes. Needs no labels. The light is not changed, since that would change the colours.
 */
export function colorization(options: FramingOptions = {}): Task<Picture> {
  const given = checkedFraming(options);
  return {
    name: 'colorization',
    options: given,
    labels: 'none',
    classes: AB_BINS,
    channels: 1,
    views: 1,
    head: { kind: 'pixels' },
    metric: accuracy({ classes: AB_BINS, chance: null }),
    inputSize: (source) => framingOf(framings, source, given).size,
    prepare(pictures, source, streams, mode) {
      const framing = framingOf(framings, source, given);
      const { size } = framing;
      const { release } = given;
      const views = pictures.map((picture, i) => viewOf(picture, framing, streams[i]!, { mode, release }));
      const { x, y } = labBatch({
        pictures,
        views,
        size,
        mean: average(source.mean),
        deviation: average(source.deviation),
      });
      const yShape = [pictures.length, size, size];
      return { x, xShape: [...yShape, 1], y, yShape };
    },
    loss: crossEntropy,
  };
}

function average([red, green, blue]: Rgb): number {
  return (red + green + blue) / 3;
}
