import type { Images, ImagesOf, LabeledImages, Picture, SegmentedImages } from '@unnas/images';
import { ACTIVATIONS, type Activations } from '@unnas/nn';
import type { Json, Task } from '@unnas/pretext';
import { inputError } from '@unnas/random';
import type { Space } from '@unnas/supernet';
import type { Algorithm } from './algorithm.ts';
import { checkNumber, checkWhole } from './check-number.ts';
import type { Progress } from './epoch-record.ts';

export type { Json };

/** The numbers of a search that come with defaults: those of the original DARTS search on CIFAR-10 (section 4.2 there). */
export interface Settings {
  /** Passes over the weight half: of the supernet in DARTS, of each network in a random search. */
  readonly epochs: number;
  /** Pictures in a batch, for weights and alphas alike; a task may make several rows of each picture. */
  readonly batch: number;
  readonly seed: number;
  /** Share of the pictures that train the weights; the others train the alphas and score. 0.5 by default. */
  readonly portion: number;
  /** Learning rate of the weights in the first epoch, 0.025 by default. It falls by a cosine, once an epoch. */
  readonly learningRate: number;
  /** What the cosine falls to, 0.001 by default. */
  readonly minimumLearningRate: number;
  /** 0.9 by default. */
  readonly momentum: number;
  /** Of the weights, 3e-4 by default. */
  readonly weightDecay: number;
  /** Largest L2 norm of all weight gradients together, 5 by default; the alphas are not counted. */
  readonly clip: number;
  /** How many pictures of both halves together are used, of each half its share, always the same; all if null, the default. */
  readonly limit: number | null;
  /** How many pictures of the held-out half score a round, the first ones; all if null, the default. */
  readonly scored: number | null;
  /** Stop after the first epoch whose normal cell has more skip connections than this; never if null, the default. */
  readonly stopAfterSkips: number | null;
  /** What the supernet keeps its maps as between the passes of a step: `float32`, the default, or `bfloat16` to save half of that memory. */
  readonly activations: Activations;
}

export interface SearchOptions<P extends Picture>
  extends Partial<Omit<Settings, 'epochs' | 'batch' | 'seed'>> {
  /** The training pictures. A task without labels takes `Images`, which have none. */
  readonly images: ImagesOf<P>;
  readonly task: Task<P>;
  readonly space: Space;
  readonly algorithm: Algorithm;
  readonly epochs: number;
  readonly batch: number;
  /** 0 by default. */
  readonly seed?: number;
  /** Where to keep the run: a folder that is empty or not there yet. Without it nothing is written. */
  readonly folder?: string;
  /** Noted in `config.json` as it stands: for example where the pictures came from. */
  readonly origin?: Json;
  /** Noted in `config.json`: whatever else of the machine can change the last bits, such as the instruction set. */
  readonly environment?: Readonly<Record<string, Json>>;
  /** When to write a checkpoint besides the end of each epoch and the stop of the run. */
  readonly checkpoint?: CheckpointTimes;
  /** Stops the run after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface CheckpointTimes {
  /** Every so many steps. */
  readonly steps?: number;
  /** At the first step that ends so many seconds after the last checkpoint. */
  readonly seconds?: number;
}

/** Checks the numbers of a search and fills in the defaults. Throws an input error that names what was expected. */
export function settingsOf<P extends Picture>(
  options: Partial<Settings> & Pick<SearchOptions<P>, 'epochs' | 'batch'>,
): Settings {
  const settings: Settings = {
    epochs: options.epochs,
    batch: options.batch,
    seed: options.seed ?? 0,
    portion: options.portion ?? 0.5,
    learningRate: options.learningRate ?? 0.025,
    minimumLearningRate: options.minimumLearningRate ?? 0.001,
    momentum: options.momentum ?? 0.9,
    weightDecay: options.weightDecay ?? 3e-4,
    clip: options.clip ?? 5,
    limit: options.limit ?? null,
    scored: options.scored ?? null,
    stopAfterSkips: options.stopAfterSkips ?? null,
    activations: options.activations ?? 'float32',
  };
  if (!ACTIVATIONS.includes(settings.activations)) {
    throw inputError(`activations are kept as ${ACTIVATIONS.join(' or ')}, got ${settings.activations}`);
  }
  checkWhole('the number of epochs', settings.epochs, 1);
  checkWhole('the batch, in pictures,', settings.batch, 1);
  if (!Number.isSafeInteger(settings.seed))
    throw inputError(`the seed is a whole number, got ${settings.seed}`);
  if (!(settings.portion > 0 && settings.portion < 1)) {
    throw inputError(
      `the portion of the pictures that trains the weights lies between 0 and 1, got ${settings.portion}`,
    );
  }
  checkNumber('the learning rate', settings.learningRate, { above: 0 });
  checkNumber('the minimum learning rate', settings.minimumLearningRate, { least: 0 });
  if (settings.minimumLearningRate > settings.learningRate) {
    throw inputError(
      `the minimum learning rate is at most the learning rate ${settings.learningRate}, got ${settings.minimumLearningRate}`,
    );
  }
  checkNumber('the momentum', settings.momentum, { least: 0 });
  checkNumber('the weight decay', settings.weightDecay, { least: 0 });
  checkNumber('the largest gradient norm', settings.clip, { above: 0 });
  if (settings.limit !== null) checkWhole('the number of pictures to use', settings.limit, 2);
  if (settings.scored !== null) checkWhole('the number of pictures to score', settings.scored, 1);
  if (settings.stopAfterSkips !== null) {
    checkWhole('the number of skip connections to stop after', settings.stopAfterSkips, 0);
  }
  return settings;
}

const LABELS = {
  none: 'without labels',
  pictures: 'with a label each',
  pixels: 'with a label for each pixel',
} as const;

/** Checks that the pictures suit the task and the batch. Throws an input error that says what does not fit. */
export function checkPictures<P extends Picture>(
  images: ImagesOf<P>,
  task: Task<P>,
  { batch, portion, limit }: Pick<Settings, 'batch' | 'portion' | 'limit'>,
): void {
  const source = images as Images | LabeledImages | SegmentedImages;
  const { name, length, labels } = source;
  if (limit !== null && limit > length) {
    throw inputError(`${name} has ${length} pictures, and ${limit} are to be used`);
  }
  const used = limit ?? length;
  const weights = Math.floor(used * portion);
  for (const [half, count] of Object.entries({ weights, alphas: used - weights })) {
    if (batch > count) {
      throw inputError(
        `a batch of ${batch} pictures is larger than the half for the ${half}: ${count} of the ${used} pictures of ${name}`,
      );
    }
  }
  // The compiler refuses this already; a caller without types is told.
  const given = labels !== undefined ? 'pictures' : source.segments !== undefined ? 'pixels' : 'none';
  if (given !== task.labels) {
    throw inputError(
      `the task ${task.name} takes pictures ${LABELS[task.labels]}, but those of ${name} are ${LABELS[given]}`,
    );
  }
  task.inputSize(source);
  if (labels === undefined) return;
  const largest = labels.reduce((a, b) => Math.max(a, b), -1);
  if (largest >= task.classes) {
    throw inputError(
      `the task ${task.name} was given ${task.classes} classes, but ${name} has labels up to ${largest}, that is ${largest + 1} classes`,
    );
  }
}

export function checkCheckpointTimes({ steps, seconds }: CheckpointTimes): void {
  if (steps !== undefined) checkWhole('the number of steps between checkpoints', steps, 1);
  if (seconds !== undefined) checkNumber('the seconds between checkpoints', seconds, { least: 0 });
}
