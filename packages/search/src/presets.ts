import type { LabeledPicture, Picture } from '@unnas/images';
import { classification, colorization, jigsaw, rotation, type Task } from '@unnas/pretext';
import { dartsSpace } from '@unnas/supernet';
import { darts } from './darts.ts';
import type { SearchOptions } from './settings.ts';

/** A preset is all of a search but its pictures and where to keep it. */
export type Preset<P extends Picture> = Omit<SearchOptions<P>, 'images' | 'folder'>;

/**
 * Supervised DARTS on CIFAR-10 in its original setting: 8 cells of 16 channels, 50 epochs of batches of 64 pictures.
 */
export function cifar10Classification(): Preset<LabeledPicture> {
  return {
    task: classification({ classes: 10 }),
    space: dartsSpace({ cells: 8, channels: 16, stem: 'cifar' }),
    algorithm: darts({ order: 1, learningRate: 3e-4, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3 }),
    epochs: 50,
    batch: 64,
    seed: 0,
    learningRate: 0.025,
    minimumLearningRate: 0.001,
    momentum: 0.9,
    weightDecay: 3e-4,
    clip: 5,
  };
}

/**
 * The same search without labels, on the rotation task. Four turns of a picture make four rows of the network's batch, so 16
 * pictures fill the 64 rows of the supervised search; the two then differ in the task alone, and need the same memory. The
 * learning rates are a quarter of the supervised ones: everywhere in the UnNAS release a rotation run has the rates of the
 * supervised run scaled by the number of pictures in the batch (search on ImageNet: half the pictures, half the rates;
 * training on CIFAR-10: a quarter of both).
 */
export function cifar10Rotation(): Preset<Picture> {
  return withQuarterBatch(rotation());
}

/** The same search without labels, on the colorization task: a row a picture, so batch and rates are the supervised ones. */
export function cifar10Colorization(): Preset<Picture> {
  return { ...cifar10Classification(), task: colorization() };
}

/**
 * The same search without labels, on puzzles of 2 x 2 tiles, of which all 24 permutations are told apart. Four tiles a picture make
 * four rows, as four turns do in `cifar10Rotation`, so batch and rates are those.
 */
export function cifar10Jigsaw(): Preset<Picture> {
  return withQuarterBatch(jigsaw({ grid: 2, permutations: 24 }));
}

/** The supervised search with another task, a quarter of its pictures in a batch, and a quarter of its rates. */
function withQuarterBatch<P extends Picture>(task: Task<P>): Preset<P> {
  const { task: _, ...labels } = cifar10Classification();
  return {
    ...labels,
    task,
    algorithm: darts({ order: 1, learningRate: 3e-4 / 4, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3 }),
    batch: 16,
    learningRate: 0.025 / 4,
    minimumLearningRate: 0.001 / 4,
  };
}
