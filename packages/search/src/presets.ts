import type { LabeledPicture, Picture } from '@unnas/images';
import { classification, rotation } from '@unnas/pretext';
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
  return {
    ...cifar10Classification(),
    task: rotation(),
    algorithm: darts({ order: 1, learningRate: 3e-4 / 4, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3 }),
    batch: 16,
    learningRate: 0.025 / 4,
    minimumLearningRate: 0.001 / 4,
  };
}
