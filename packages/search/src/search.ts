import * as tf from '@tensorflow/tfjs';
import type { ImagesOf, Picture } from '@unnas/images';
import type { Task } from '@unnas/pretext';
import { inputError } from '@unnas/random';
import type { Space } from '@unnas/supernet';
import type { Algorithm, Searcher } from './algorithm.ts';
import { algorithmOf } from './algorithms.ts';
import { half } from './half.ts';
import { halvesOf } from './halves.ts';
import {
  checkSameData,
  checkSameTask,
  describeData,
  describeTask,
  differencesOf,
  runConfig,
} from './run-config.ts';
import { checkFresh, RunFolder, readCheckpointFile, readConfig, readRecords } from './run-folder.ts';
import { Run, type SearchRun } from './search-run.ts';
import {
  checkCheckpointTimes,
  checkPictures,
  type SearchOptions,
  type Settings,
  settingsOf,
} from './settings.ts';

/**
 * Searches for a cell on pictures. The pictures are split in two: one half trains the weights, the other trains the alphas and is
 * what the records' `accuracy` is measured on.
 *
 *     const run = search({ images, task: rotation(), space: dartsSpace({ cells: 8, channels: 16 }), algorithm: darts(), epochs: 50, batch: 64 });
 *     for await (const { epoch, loss, accuracy } of run) console.log(epoch, loss, accuracy);
 *     run.genotype
 *
 * Options that do not fit throw an input error right here, before anything is written. The same options give the same bits, on
 * the same backend, however often a run was stopped and resumed.
 */
export function search<P extends Picture>(options: SearchOptions<P>): SearchRun {
  return searchUntil(options);
}

/** A search that stops before a unit of work, as if it had been interrupted there. */
export function searchUntil<P extends Picture>(options: SearchOptions<P>, until?: number): SearchRun {
  const { images, task, space, algorithm, folder } = options;
  const settings = settingsOf(options);
  algorithm.check(settings);
  checkPictures(images, task, settings);
  checkCheckpointTimes(options.checkpoint ?? {});
  if (folder !== undefined) checkFresh(folder);
  return new Run({
    folder,
    stopAfterSkips: settings.stopAfterSkips,
    checkpoint: options.checkpoint,
    signal: options.signal,
    onProgress: options.onProgress,
    until,
    async begin() {
      const data = await describeData(images);
      const config = runConfig({
        environment: options.environment ?? {},
        task: describeTask(task),
        data,
        space,
        algorithm: { name: algorithm.name, ...algorithm.options },
        settings,
        origin: options.origin ?? null,
      });
      const searcher = await searcherOf({ images, task, space, algorithm, settings });
      return folder === undefined
        ? { searcher }
        : { searcher, create: () => RunFolder.create(folder, config) };
    },
  });
}

/** What a run that goes on needs from its caller; everything else stands in its `config.json`. */
export interface ResumeOptions<P extends Picture>
  extends Pick<
    SearchOptions<P>,
    'images' | 'task' | 'environment' | 'checkpoint' | 'signal' | 'onProgress'
  > {}

/**
 * Goes on with the run in a folder from its last checkpoint. It ends with the same bits as a run that was never interrupted.
 * Yields the records of the epochs that were missing; none if the run had finished.
 *
 * Throws an input error, here or at the first record, where the folder holds no run or one of another version, task or data set,
 * where its checkpoint is damaged, or while another process works in it.
 */
export function resumeSearch<P extends Picture>(folder: string, options: ResumeOptions<P>): SearchRun {
  const { images, task } = options;
  const config = readConfig(folder);
  checkSameTask(config, describeTask(task), folder);
  const { space, settings } = config;
  const algorithm = algorithmOf(config.algorithm);
  checkPictures(images, task, settings);
  checkCheckpointTimes(options.checkpoint ?? {});
  return new Run({
    folder,
    stopAfterSkips: settings.stopAfterSkips,
    checkpoint: options.checkpoint,
    signal: options.signal,
    onProgress: options.onProgress,
    async begin() {
      const data = await describeData(images);
      checkSameData(config, data, folder);
      const store = RunFolder.open(folder);
      try {
        // Read after the lock was taken, so that nobody writes meanwhile.
        const checkpoint = readCheckpointFile(folder);
        const records = readRecords(folder);
        const searcher = await searcherOf({ images, task, space, algorithm, settings });
        const now = runConfig({ ...config, environment: options.environment ?? {} });
        return { searcher, store, checkpoint, records, notes: differencesOf(config, now) };
      } catch (error) {
        store.close();
        throw error;
      }
    },
  });
}

/** Splits the pictures and builds the networks. */
async function searcherOf<P extends Picture>({
  images,
  task,
  space,
  algorithm,
  settings,
}: {
  images: ImagesOf<P>;
  task: Task<P>;
  space: Space;
  algorithm: Algorithm;
  settings: Settings;
}): Promise<Searcher> {
  await tf.ready();
  const { seed, batch, scored } = settings;
  const { weights, alphas } = halvesOf(images, settings);
  const common = { task, batch, seed };
  try {
    return algorithm.begin({
      task: task as unknown as Task<Picture>,
      space,
      settings,
      weights: half({ ...common, source: weights, stream: 'weights' }),
      alphas: half({ ...common, source: alphas, stream: 'alphas', scored: scored ?? undefined }),
    });
  } catch (error) {
    // Networks check their sizes; here those come from the user.
    if (error instanceof RangeError) throw inputError(error.message, { cause: error });
    throw error;
  }
}
