import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { equalGenotypes, type Genotype, parseGenotype } from '@unnas/genotype';
import type { Picture } from '@unnas/images';
import { inputError } from '@unnas/random';
import type { Baseline } from './baseline.ts';
import { type ComparisonOptions, comparison } from './comparison.ts';
import { type Around, Comparison, type ComparisonRun } from './comparison-run.ts';
import { halvesOf } from './halves.ts';
import { checkSameData, checkSameTask, describeData, describeTask, type RunConfig } from './run-config.ts';
import { holdsRun, readConfig, readGenotype, writeBaseline } from './run-folder.ts';
import { lockRun } from './run-lock.ts';
import { type ResumeOptions, resumeSearch, search } from './search.ts';
import type { SearchRun } from './search-run.ts';
import { type Json, type SearchOptions, settingsOf } from './settings.ts';

export interface CompareOptions<P extends Picture>
  extends Omit<SearchOptions<P>, 'algorithm' | 'stopAfterSkips' | 'folder'> {
  readonly genotype: Genotype;
  /** How many random architectures to compare with, 8 by default. */
  readonly samples?: number;
  /** Decides the random architectures and all initial weights; `seed` by default. */
  readonly drawSeed?: number;
  /**
   * Where to keep the comparison, so that it can go on after a stop: a run folder. Where it holds a comparison with the same settings,
   * that one goes on. Without it nothing is written.
   */
  readonly folder?: string;
  /** Throw away what `folder` holds of an earlier comparison. */
  readonly fresh?: boolean;
}

/**
 * Compares an architecture with random ones of the same space: trains the network of each from scratch on the same half of the
 * pictures, with the same batches, learning rates and epochs, and scores all on the other half.
 *
 *     const run = compareWithRandom({ genotype, images, task: rotation(), space, epochs: 10, batch: 64, samples: 8 });
 *     for await (const { epoch, accuracy } of run) console.log(epoch, accuracy);
 *     run.baseline.rank
 *
 * Options that do not fit throw an input error right here. The same options give the same bits, however often it was stopped.
 */
export function compareWithRandom<P extends Picture>(options: CompareOptions<P>): ComparisonRun {
  return comparisonRun(options);
}

/** What a comparison of a run needs from its caller; everything else is as it was in the run. */
export interface CompareRunOptions<P extends Picture> extends ResumeOptions<P> {
  /** How many random architectures to compare with, 8 by default. */
  readonly samples?: number;
  /** Passes over the weight half for each architecture; as many as the run had by default. */
  readonly epochs?: number;
  /** How many pictures to use, of each half of the run its share; all that the run used by default. */
  readonly limit?: number;
  /** Decides the random architectures and all initial weights; the seed of the run by default. */
  readonly drawSeed?: number;
  /** Begin anew, and throw away an earlier comparison of this run. */
  readonly fresh?: boolean;
}

/** Where a run keeps its comparison: a run folder below its own. */
const PLACE = 'baseline';

/**
 * Compares the architecture that a run has found with random ones, see `compareWithRandom`: on the pictures, halves, task, batch and
 * learning rates of the run. It is kept below the run's folder; one that was stopped goes on with the settings it was begun with.
 * Its outcome is written to `baseline.json` in the folder of the run.
 */
export function compareRunWithRandom<P extends Picture>(
  folder: string,
  options: CompareRunOptions<P>,
): ComparisonRun {
  const { images, task, fresh = false, samples, epochs, limit, drawSeed, ...outside } = options;
  const config = readConfig(folder);
  checkSameTask(config, describeTask(task), folder);
  const genotype = readGenotype(folder);
  if (genotype === undefined) {
    throw inputError(`${folder} has found no architecture yet: its first epoch has not ended`);
  }
  const place = join(folder, PLACE);
  const before = fresh || !holdsRun(place) ? undefined : comparisonIn(place);
  const wanted: CompareOptions<P> = {
    ...outside,
    images,
    task,
    space: config.space,
    ...config.settings,
    // The few pictures that score an epoch of a search are not enough to tell architectures apart.
    scored: null,
    genotype,
    samples: samples ?? before?.samples ?? DEFAULT_SAMPLES,
    epochs: epochs ?? before?.settings.epochs ?? config.settings.epochs,
    limit: limit ?? before?.settings.limit ?? config.settings.limit ?? null,
    drawSeed: drawSeed ?? before?.drawSeed ?? config.settings.seed,
    folder: place,
    fresh,
  };
  const check = async () => checkSameData(config, await describeData(images), folder);
  const finish = async (baseline: Baseline) => {
    await writeBaseline(folder, baseline);
  };
  return comparisonRun(wanted, { check, finish });
}

const DEFAULT_SAMPLES = 8;

function comparisonRun<P extends Picture>(options: CompareOptions<P>, around: Around = {}): ComparisonRun {
  const { genotype, samples = DEFAULT_SAMPLES, drawSeed = options.seed ?? 0, fresh, ...others } = options;
  const { images, task, space } = options;
  const algorithm = comparison({ genotype, samples, drawSeed });
  // A stop at many skip connections, and how a supernet keeps its maps, are about the search of a run.
  const wanted = { ...others, algorithm, stopAfterSkips: null, activations: 'float32' as const };
  const run = newOrGoingOn(wanted, { genotype, samples, drawSeed, fresh });

  const settings = settingsOf(wanted);
  const { epochs, batch, scored } = settings;
  const { weights, alphas } = halvesOf(images, settings);
  const { cells, channels, stem } = space;
  const { classes, channels: inputChannels, head } = task;
  const budget = {
    task: task.name,
    chanceMeasured: task.metric.chance === null,
    epochs,
    batch,
    pictures: { trained: weights.length, scored: Math.min(scored ?? Infinity, alphas.length) },
    drawSeed,
    network: { cells, channels, stem, classes, inputChannels, head, size: task.inputSize(weights) },
  };
  return new Comparison(run, { samples, budget, ...around });
}

/** A run that trains all architectures: a new one, or the one that the folder holds. */
function newOrGoingOn<P extends Picture>(
  options: SearchOptions<P>,
  { fresh = false, ...compared }: ComparisonOptions & { readonly fresh?: boolean | undefined },
): SearchRun {
  const { folder } = options;
  if (folder === undefined || !holdsRun(folder)) return search(options);
  if (fresh) {
    // Nothing is thrown away for options that do not fit, nor a run that is no comparison, or is under way.
    const { folder: _, ...elsewhere } = options;
    search(elsewhere);
    comparisonIn(folder);
    lockRun(folder);
    rmSync(folder, { recursive: true });
    return search(options);
  }
  checkSameComparison(folder, { ...compared, space: options.space, ...settingsOf(options) });
  return resumeSearch(folder, options);
}

/** The comparison that a folder holds. Throws an input error where it holds another run. */
function comparisonIn(folder: string) {
  const config = readConfig(folder);
  const { name, genotype, samples, drawSeed } = config.algorithm as RunConfig['algorithm'] &
    Record<'genotype' | 'samples' | 'drawSeed', Json>;
  if (name !== 'comparison')
    throw inputError(`${folder} holds a run of the algorithm ${name}, not a comparison`);
  return {
    genotype: parseGenotype(genotype),
    samples: samples as number,
    drawSeed: drawSeed as number,
    space: config.space,
    settings: config.settings,
  };
}

/** Throws an input error unless the comparison in a folder has these settings. */
function checkSameComparison(
  folder: string,
  wanted: { readonly genotype: Genotype } & Record<string, unknown>,
) {
  const { settings, ...before } = comparisonIn(folder);
  const begun: Record<string, unknown> = { ...before, ...settings };
  const { genotype, ...numbers } = wanted;
  if (!equalGenotypes(before.genotype, genotype)) {
    throw inputError(
      `${folder} compares another architecture; to throw it away and begin anew, ask for a fresh one`,
    );
  }
  const other = Object.keys(numbers).filter(
    (name) => JSON.stringify(begun[name] ?? null) !== JSON.stringify(numbers[name] ?? null),
  );
  if (other.length === 0) return;
  const words = other.map(
    (name) => `${name} ${JSON.stringify(begun[name] ?? null)}, now ${JSON.stringify(numbers[name] ?? null)}`,
  );
  throw inputError(
    `${folder} was begun with other settings (${words.join('; ')}); give the same, or ask for a fresh comparison to begin anew`,
  );
}
