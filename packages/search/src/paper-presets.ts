import type { LabeledPicture, Picture, SegmentedPicture } from '@unnas/images';
import { classification, colorization, jigsaw, rotation, segmentation, type Task } from '@unnas/pretext';
import { dartsSpace } from '@unnas/supernet';
import { darts } from './darts.ts';
import type { Preset } from './presets.ts';

/**
 * The twelve searches of the paper (Liu et al., ECCV 2020, section 5), with the numbers of the authors' released configurations.
 * Common to all: 16 channels, first order, pictures in two halves, SGD with momentum 0.9 and gradients clipped to a norm of 5, Adam
 * with betas 0.5 and 0.999 and a decay of 0.001 for the alphas, a learning rate that falls to 0 by a cosine, once an epoch.
 *
 * How pictures are cut and scaled is the task's business: it goes with the kind of the data set.
 */

interface DataSet {
  readonly cells: number;
  readonly epochs: number;
  readonly alphaStart: number;
  readonly weightDecay: number;
  /** The pictures in a batch for which rates of 0.1 and 3e-4 are right. Rates grow in proportion to the batch. */
  readonly fullBatch: number;
}

const IMAGENET: DataSet = { cells: 8, epochs: 2, alphaStart: 1, weightDecay: 3e-5, fullBatch: 64 };
const IMAGENET_22K: DataSet = { ...IMAGENET, epochs: 1, alphaStart: 0 };
const CITYSCAPES: DataSet = { cells: 12, epochs: 400, alphaStart: 0, weightDecay: 3e-4, fullBatch: 32 };

/** Classes of ImageNet-1K. */
const CLASSES_1K = 1000;
/** Classes of ImageNet-22K, the full set of autumn 2011. */
const CLASSES_22K = 21841;
/** Classes of Cityscapes that count. */
const CLASSES_OF_PIXELS = 19;

/** Puzzles of 3 x 3 tiles, of which the paper's 1000 permutations are told apart. */
const puzzles = () => jigsaw({ grid: 3, permutations: 1000, gray: 0.3 });

/** With labels, on ImageNet-1K: 2 epochs of batches of 64, and the alphas move in the second. */
export function imagenetClassification(): Preset<LabeledPicture> {
  return preset(classification({ classes: CLASSES_1K }), IMAGENET, 64);
}

/** On ImageNet-1K: batches of 32 pictures, that is 128 turns. */
export function imagenetRotation(): Preset<Picture> {
  return preset(rotation(), IMAGENET, 32);
}

/** On ImageNet-1K: batches of 64. */
export function imagenetColorization(): Preset<Picture> {
  return preset(colorization(), IMAGENET, 64);
}

/** On ImageNet-1K: batches of 32 puzzles, that is 288 tiles. */
export function imagenetJigsaw(): Preset<Picture> {
  return preset(puzzles(), IMAGENET, 32);
}

/** With labels, on ImageNet-22K: one epoch of batches of 256. */
export function imagenet22kClassification(): Preset<LabeledPicture> {
  return preset(classification({ classes: CLASSES_22K }), IMAGENET_22K, 256);
}

/** On ImageNet-22K: batches of 128 pictures, that is 512 turns. */
export function imagenet22kRotation(): Preset<Picture> {
  return preset(rotation(), IMAGENET_22K, 128);
}

/** On ImageNet-22K: batches of 256. */
export function imagenet22kColorization(): Preset<Picture> {
  return preset(colorization(), IMAGENET_22K, 256);
}

/** On ImageNet-22K: batches of 128 puzzles, that is 1152 tiles. */
export function imagenet22kJigsaw(): Preset<Picture> {
  return preset(puzzles(), IMAGENET_22K, 128);
}

/** With labels of pixels, on Cityscapes: 400 epochs of batches of 32, and one reduction cell only. */
export function cityscapesSegmentation(): Preset<SegmentedPicture> {
  return preset(segmentation({ classes: CLASSES_OF_PIXELS, channels: 64, rates: [6] }), CITYSCAPES, 32);
}

/** On Cityscapes: batches of 16 pictures, that is 64 turns. */
export function cityscapesRotation(): Preset<Picture> {
  return preset(rotation(), CITYSCAPES, 16);
}

/** On Cityscapes: batches of 16. */
export function cityscapesColorization(): Preset<Picture> {
  return preset(colorization(), CITYSCAPES, 16);
}

/** On Cityscapes: batches of 32 puzzles, that is 288 tiles. */
export function cityscapesJigsaw(): Preset<Picture> {
  return preset(puzzles(), CITYSCAPES, 32);
}

function preset<P extends Picture>(
  task: Task<P>,
  { cells, epochs, alphaStart, weightDecay, fullBatch }: DataSet,
  batch: number,
): Preset<P> {
  const share = batch / fullBatch;
  return {
    task,
    space: dartsSpace({ cells, channels: 16, stem: 'imagenet' }),
    algorithm: darts({
      order: 1,
      learningRate: 3e-4 * share,
      beta1: 0.5,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 1e-3,
      alphaStart,
    }),
    epochs,
    batch,
    seed: 1,
    portion: 0.5,
    learningRate: 0.1 * share,
    minimumLearningRate: 0,
    momentum: 0.9,
    weightDecay,
    clip: 5,
  };
}
