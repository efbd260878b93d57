import { collapseWarnings, equalGenotypes, type Genotype } from '@unnas/genotype';
import { formatShare, isNumber } from './format-number.ts';
import type { Json, RoundRecord, RunReport } from './run-report.ts';

/** What is told of a run in its first lines. */
export interface RunSummary {
  readonly title: string;
  readonly subtitle: string;
  readonly genotype: Genotype | null;
  /** What a round is: an epoch, or a sampled architecture. */
  readonly round: 'epoch' | 'sample';
  readonly done: number;
  /** Rounds that were asked for. */
  readonly asked: number | null;
  /** Of the last round; of the best where each round has an architecture of its own. */
  readonly accuracy: number | null;
  readonly chance: number | null;
  /** What `accuracy` is, with a capital letter: `Accuracy`, `mIoU`. */
  readonly metric: string;
  /** By how much an accuracy is above chance if it is clearly so. */
  readonly margin: number;
  readonly seconds: number | null;
  readonly imagesPerSecond: number | null;
  /** Share of the time that was spent waiting for pictures. */
  readonly waiting: number | null;
  /** Share of the time that the making of batches took. */
  readonly preparing: number | null;
  /**
   * The first round since which the genotype is what it is at the end; null if it changed in the last, or where
   * a round has an architecture of its own.
   */
  readonly settledSince: number | null;
}

export function summarise(report: RunReport): RunSummary {
  const { config, records } = report;
  const last = records.at(-1);
  const samples = numberAt(config, 'algorithm', 'samples');
  const round = samples !== null || records.some((record) => record.sample) ? 'sample' : 'epoch';
  const genotype = report.genotype ?? records.findLast((record) => record.genotype)?.genotype ?? null;
  const accuracies = records.map((record) => record.accuracy).filter(isNumber);
  const seconds = sum(records.map((record) => record.seconds));
  const waited = sum(records.map((record) => record.waitedMilliseconds));
  const prepared = sum(records.map((record) => record.preparedMilliseconds));
  const classes = numberAt(config, 'task', 'classes');
  const task = text(config, 'task', 'name');
  const data = text(config, 'data', 'name');
  const metric = text(config, 'task', 'metric', 'name');
  return {
    title: report.title ?? `Architecture search${task ? ` by ${task}` : ''}${data ? ` on ${data}` : ''}`,
    subtitle: subtitle(config),
    genotype,
    round,
    done: records.length,
    asked: last?.epochs ?? samples ?? numberAt(config, 'settings', 'epochs'),
    accuracy: (round === 'sample' ? max(accuracies) : accuracies.at(-1)) ?? null,
    chance: report.chance ?? last?.chance ?? (classes !== null && classes > 0 ? 1 / classes : null),
    metric: metric === null || metric === 'accuracy' ? 'Accuracy' : metric,
    margin: clearlyAbove(valueAt(config, 'task', 'metric', 'chance') === null),
    seconds,
    imagesPerSecond: mean(records.map((record) => record.imagesPerSecond)),
    waiting: seconds && waited !== null ? waited / 1000 / seconds : null,
    preparing: seconds && prepared !== null ? prepared / 1000 / seconds : null,
    settledSince: round === 'epoch' ? settledSince(records) : null,
  };
}

/**
 * By how much an accuracy is above chance if it is clearly so. Where chance was measured every pixel is an answer, so that luck
 * is small, and good networks are not far above it (colours: less than 2 %).
 */
export function clearlyAbove(chanceMeasured: boolean): number {
  return chanceMeasured ? 0.005 : 0.02;
}

/** What a reader should know before believing the outcome, in sentences; the first is the heading. */
export interface Note {
  readonly heading: string;
  readonly sentences: readonly string[];
}

export function notesOf({ records }: RunReport, summary: RunSummary): Note[] {
  const notes: Note[] = [];
  const { round, done, asked, accuracy, chance, metric, margin } = summary;
  if (done === 0) {
    return [
      {
        heading: `The run has not finished its first ${round}.`,
        sentences: ['There is nothing to show yet.'],
      },
    ];
  }
  if (asked !== null && done < asked) {
    notes.push({
      heading: `The run stopped after ${done} of ${asked} ${round}s.`,
      sentences: ['The outcome is that of the last one that was finished.'],
    });
  }
  const health = records.at(-1)!.health;
  const collapse = health ? collapseWarnings(health) : [];
  if (collapse.length > 0) {
    notes.push({
      heading: 'The search has collapsed.',
      sentences: [
        ...collapse,
        'Such cells do badly when they are trained alone. Let the alphas start later, move them more slowly, or stop earlier.',
      ],
    });
  }
  if (health && Math.min(health.normal.relativeEntropy, health.reduce.relativeEntropy) > 0.99) {
    notes.push({
      heading: 'The alphas have hardly moved.',
      sentences: [
        'Their entropy is still above 99 % of its maximum, so the cells are little better than a random draw. Search longer, or with a larger learning rate of the alphas.',
      ],
    });
  }
  if (accuracy !== null && chance !== null && accuracy < chance + margin) {
    notes.push({
      heading: 'The network does no better than guessing.',
      sentences: [
        `${metric} on held-out images is ${formatShare(accuracy)}; guessing gets ${formatShare(chance)}.`,
      ],
    });
  }
  return notes;
}

/** The value below `names` in nested objects, if it is there. */
export function valueAt(config: Json, ...names: readonly string[]): Json | undefined {
  let value: Json | undefined = config;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as { readonly [name: string]: Json })[name];
  }
  return value;
}

export function numberAt(config: Json, ...names: readonly string[]): number | null {
  const value = valueAt(config, ...names);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function text(config: Json, ...names: readonly string[]): string | null {
  const value = valueAt(config, ...names);
  return typeof value === 'string' && value !== '' ? value : null;
}

function subtitle(config: Json): string {
  const count = (name: string, ...path: readonly string[]) => {
    const value = numberAt(config, ...path);
    return value === null ? [] : [`${value.toLocaleString('en-US')} ${name}`];
  };
  const seed = numberAt(config, 'settings', 'seed');
  const parts = [
    ...[text(config, 'algorithm', 'name')].filter((name) => name !== null),
    ...count('images', 'data', 'pictures'),
    ...count('cells', 'space', 'cells'),
    ...count('channels', 'space', 'channels'),
    ...(seed === null ? [] : [`seed ${seed}`]),
  ];
  return parts.join(' · ');
}

function settledSince(records: readonly RoundRecord[]): number | null {
  const last = records.at(-1)?.genotype;
  if (!last || records.length < 2) return null;
  const changed = records.findLastIndex(({ genotype }) => !genotype || !equalGenotypes(genotype, last));
  return changed === records.length - 2 ? null : records[changed + 1]!.epoch;
}

function sum(values: readonly (number | null | undefined)[]): number | null {
  const finite = values.filter(isNumber);
  return finite.length === 0 ? null : finite.reduce((a, b) => a + b, 0);
}

function mean(values: readonly (number | null | undefined)[]): number | null {
  const finite = values.filter(isNumber);
  return finite.length === 0 ? null : finite.reduce((a, b) => a + b, 0) / finite.length;
}

function max(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b));
}
