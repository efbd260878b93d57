import { constants } from 'node:os';
import { join } from 'node:path';
import { CELL_KINDS, collapseWarnings, edgesByNode, type Genotype } from '@unnas/genotype';
import type { EpochRecord, Progress } from '@unnas/search';
import { bar, duration, Pace, rate } from './progress-bar.ts';
import type { SearchMessage } from './search-job.ts';
import type { StopSignal } from './search-process.ts';
import type { Terminal } from './terminal.ts';

type Begun = Extract<SearchMessage, { event: 'begun' }>;
type Ended = Extract<SearchMessage, { event: 'ended' }>;
type Compared = Extract<SearchMessage, { event: 'compared' }>;
type Failed = Extract<SearchMessage, { event: 'failed' }>;

/** Shows a search while it goes on. `end` tells how it ended, and gives the exit code or throws what went wrong. */
export function showSearch(terminal: Terminal, { resumable = true } = {}) {
  const progress = new ProgressView();
  let begun: Begun | undefined;
  let last: EpochRecord | undefined;
  let ended: Ended | undefined;
  let compared: Compared | undefined;
  let failed: Failed | undefined;

  function show(message: SearchMessage): void {
    switch (message.event) {
      case 'note':
        terminal.note(message.text);
        return;
      case 'doing':
        terminal.progress(message.text);
        return;
      case 'begun':
        begun = message;
        terminal.endProgress();
        terminal.event({ ...message });
        for (const line of beginningLines(message)) terminal.line(line);
        return;
      case 'progress':
        terminal.event({ ...message });
        terminal.progress(progress.text(message.progress));
        return;
      case 'epoch':
        last = message.record;
        terminal.event({ ...message });
        terminal.line(epochLine(message.record, begun?.chance ?? 0));
        return;
      case 'ended':
        ended = message;
        return;
      case 'compared':
        compared = message;
        return;
      case 'failed':
        failed = message;
        return;
    }
  }

  function end(signal: StopSignal | undefined): number {
    terminal.endProgress();
    if (failed !== undefined) {
      const error = new Error(failed.message);
      throw Object.assign(error, { name: failed.name, stack: failed.stack });
    }
    if (compared !== undefined) {
      terminal.event({ ...compared });
      for (const line of comparisonLines(compared)) terminal.line(line);
      return compared.reproduction.equal ? 0 : 1;
    }
    if (signal !== undefined && ended?.outcome !== 'finished' && ended?.outcome !== 'collapsed') {
      const resume =
        begun === undefined || !resumable ? null : `${ownCommand()} search --resume ${quoted(begun.folder)}`;
      terminal.event({ event: 'stopped', signal, folder: begun?.folder ?? null, resume });
      terminal.note(resume === null ? 'stopped' : `stopped. To go on:\n\n    ${resume}\n`);
      return 128 + constants.signals[signal];
    }
    if (ended === undefined) throw new Error('the search ended without a word');
    terminal.event({ ...ended });
    for (const line of endLines(ended, terminal)) terminal.line(line);
    for (const warning of warningsOf(last)) terminal.note(warning);
    return 0;
  }

  return { show, end };
}

function beginningLines({
  task,
  pictures,
  data,
  size,
  chance,
  backend,
  isa,
  threads,
  folder,
  epochsDone,
}: Begun): string[] {
  const machine =
    isa === null ? backend : `${backend} (${isa}, ${threads} ${threads === 1 ? 'thread' : 'threads'})`;
  return [
    `${task} on ${pictures} pictures of ${size} x ${size} (${data}), chance ${percent(chance, 0)}; backend ${machine}`,
    ...(epochsDone > 0 ? [`going on with ${folder} after epoch ${epochsDone}`] : [`run folder ${folder}`]),
  ];
}

/** `epoch  3/50  loss 1.234  train 45.1 %  held out 47.9 % (chance 25 %)  skips 1  21.3 images/s  0:42`. */
export function epochLine(record: EpochRecord, chance: number): string {
  const { epoch, epochs, loss, trainAccuracy, accuracy, health, imagesPerSecond, seconds } = record;
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `loss ${loss.toFixed(3)}`,
    `train ${percent(trainAccuracy)}`,
    `held out ${percent(accuracy)} (chance ${percent(chance, 0)})`,
    ...(health === null ? [] : [`skips ${health.normal.skips}`]),
    `${rate(imagesPerSecond)} images/s`,
    duration(seconds),
  ].join('  ');
}

function endLines({ outcome, genotype, report, folder }: Ended, terminal: Terminal): string[] {
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

function comparisonLines({ folder, reproduction }: Compared): string[] {
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
function warningsOf(record: EpochRecord | undefined): string[] {
  return record?.health && record.alphaLoss !== null ? collapseWarnings(record.health) : [];
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** How the user has called us, so that they can do it again. */
function ownCommand(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.UNNAS_COMMAND ?? (environment.npm_command === 'exec' ? 'npx unnas' : 'unnas');
}

function quoted(path: string): string {
  return /^[\w./@:+,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Turns the progress of a run into the text of a progress bar, with its rate and the time that is left of the whole run. */
export class ProgressView {
  readonly #pace = new Pace();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  text({ epoch, epochs, phase, step, steps, done, total, loss, imagesPerSecond }: Progress): string {
    this.#pace.mark(this.#now(), done);
    const left = this.#pace.left(total);
    return [
      `epoch ${epoch}/${epochs}`,
      `${bar(step / steps, 20)} ${phase === 'train' ? `${step}/${steps}` : `scoring ${step}/${steps}`}`,
      ...(loss === null ? [] : [`loss ${loss.toFixed(3)}`]),
      `${rate(imagesPerSecond)} images/s`,
      ...(left === undefined ? [] : [`${duration(left)} left`]),
    ].join('  ');
  }
}
