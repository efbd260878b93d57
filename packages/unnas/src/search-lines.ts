import { join } from 'node:path';
import { CELL_KINDS, collapseWarnings, edgesByNode, type Genotype } from '@unnas/genotype';
import { verdict } from '@unnas/report';
import type { EpochRecord, Progress } from '@unnas/search';
import { bar, duration, Pace, rate } from './progress-bar.ts';
import type { MessageOf } from './search-job.ts';
import type { Terminal } from './terminal.ts';

// What a person reads of a search.

export function beginningLines({
  task,
  pictures,
  data,
  size,
  chance,
  backend,
  isa,
  threads,
  round,
  folder,
  roundsDone,
}: MessageOf<'begun'>): string[] {
  const machine =
    isa === null ? backend : `${backend} (${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'})`;
  return [
    `${task} on ${pictures} pictures of ${size === null ? 'sizes of their own' : `${size} x ${size}`} (${data}), ${guessing(chance)}; backend ${machine}`,
    ...(roundsDone > 0 ? [`going on with ${folder} after ${round} ${roundsDone}`] : [`run folder ${folder}`]),
  ];
}

/** `chance 25 %`, or where it is measured where it will be told. */
function guessing(chance: number | null): string {
  return chance === null ? 'chance as in each line' : `chance ${roundPercent(chance)}`;
}

/** Without digits that are zero. */
function roundPercent(share: number): string {
  return percent(share, Number.isInteger(Math.round(1000 * share) / 10) ? 0 : 1);
}

/** `epoch  3/50  loss 1.234  train 45.1 %  held out 47.9 % (chance 25 %)  skips 1  21.3 images/s  0:42`. */
export function epochLine(record: EpochRecord, metric: string): string {
  const { epoch, epochs, loss, trainAccuracy, accuracy, chance, health, imagesPerSecond, seconds } = record;
  const what = metric === 'accuracy' ? '' : `${metric} `;
  return [
    `${record.sample === null ? 'epoch' : 'architecture'} ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `loss ${loss.toFixed(3)}`,
    `train ${what}${percent(trainAccuracy)}`,
    `held out ${what}${percent(accuracy)} (chance ${roundPercent(chance)})`,
    ...(health === null ? [] : [`skips ${health.normal.skips}`]),
    `${rate(imagesPerSecond)} images/s`,
    duration(seconds),
  ].join('  ');
}

export function endLines(
  { outcome, genotype, report, folder }: MessageOf<'ended'>,
  terminal: Terminal,
): string[] {
  const why =
    outcome === 'collapsed' ? ['', 'Stopped: the normal cell has more skip connections than allowed.'] : [];
  return [
    ...why,
    '',
    ...(genotype === null ? [] : genotypeLines(genotype)),
    '',
    `${terminal.style('bold', 'genotype')}  ${join(folder, 'genotype.json')}`,
    ...(report === null ? [] : [`${terminal.style('bold', 'report')}    ${report}`]),
  ];
}

/** The outcome in the words of the report. */
export function comparisonLines(
  { folder, baseline, report }: MessageOf<'compared'>,
  terminal: Terminal,
): string[] {
  return [
    '',
    ...verdict(baseline),
    '',
    `${terminal.style('bold', 'baseline')}  ${join(folder, 'baseline.json')}`,
    `${terminal.style('bold', 'report')}    ${report}`,
  ];
}

export function reproductionLines({ folder, reproduction }: MessageOf<'reproduced'>): string[] {
  const { equal, alphas, weights, genotype, differing, notes } = reproduction;
  if (equal)
    return [`${folder} came out the same again: alphas, weights and genotype are equal, bit for bit`];
  const same = (part: boolean) => (part ? 'equal' : 'different');
  return [
    `${folder} did not come out the same: alphas ${same(alphas)}, weights ${same(weights)}, genotype ${same(genotype)}`,
    ...differing
      .slice(0, 10)
      .map(({ name, distance }) => `  ${name}: largest distance ${distance.toExponential(2)}`),
    ...(differing.length > 10 ? [`  and ${differing.length - 10} more`] : []),
    ...notes.map((note) => `  ${note}`),
  ];
}

/** One line a node: `normal  node 2 = sep_conv_3x3(0) + skip_connect(1)`. */
function genotypeLines(genotype: Genotype): string[] {
  return CELL_KINDS.flatMap((kind) =>
    edgesByNode(genotype[kind]).map((edges, node) => {
      const sum = edges.map(([op, input]) => `${op}(${input})`).join(' + ');
      return `${(node === 0 ? kind : '').padEnd(8)}node ${node + 2} = ${sum}`;
    }),
  );
}

/** Cells of alphas that have not moved yet say nothing. */
export function warningsOf(record: EpochRecord | undefined): string[] {
  return record?.health && record.alphaLoss !== null ? collapseWarnings(record.health) : [];
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Turns the progress of a run into the text of a progress bar, with its rate and the time that is left of the whole run. */
export class ProgressView {
  readonly #pace = new Pace();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  text(
    { epoch, epochs, phase, step, steps, done, total, loss, imagesPerSecond }: Progress,
    round = 'epoch',
  ): string {
    this.#pace.mark(this.#now(), done);
    const left = this.#pace.left(total);
    return [
      `${round} ${epoch}/${epochs}`,
      `${bar(step / steps, 20)} ${phase === 'train' ? `${step}/${steps}` : `scoring ${step}/${steps}`}`,
      ...(loss === null ? [] : [`loss ${loss.toFixed(3)}`]),
      `${rate(imagesPerSecond)} images/s`,
      ...(left === undefined ? [] : [`${duration(left)} left`]),
    ].join('  ');
  }
}
