import { CANDIDATES, cost, formatGenotype, type Genotype } from '@unnas/genotype';
import { alphaChart } from './alpha-chart.ts';
import { baselineSection } from './baseline-section.ts';
import { drawCell } from './cell-svg.ts';
import { curves, healthCurves } from './curves.ts';
import { formatLarge, formatSeconds, formatShare, formatShort } from './format-number.ts';
import { element, escapeText } from './markup.ts';
import { figure, outcome, page, section } from './page.ts';
import { roundsTable } from './rounds-table.ts';
import type { Json, RunReport } from './run-report.ts';
import { type Note, notesOf, numberAt, type RunSummary, summarise, valueAt } from './run-summary.ts';
import { settingsTables } from './settings-table.ts';

/**
 * A run as one page that needs nothing else: no scripts, no other files. What a run lacks, for example alphas
 * in a random search or all numbers where it was stopped in its first epoch, is left out and said so. The
 * text is HTML and well-formed XML.
 */
export function htmlReport(report: RunReport): string {
  const summary = summarise(report);
  const { records } = report;
  const sections = [
    header(summary),
    ...notesOf(report, summary).map(note),
    figures(summary),
    ...(summary.genotype ? [cells(report, summary, summary.genotype), notations(summary.genotype)] : []),
    ...(report.baseline
      ? [section('Compared with random cells', baselineSection(report.baseline, summary))]
      : []),
    ...(records.length > 0 ? [section('Training', curves(records, summary))] : []),
    ...(records.some((record) => record.alphas) ? [alphas(report, summary)] : []),
    ...(records.length > 0 ? [roundsTable(records, summary.round)] : []),
    section('Settings', activationsNote(report), settingsTables(report.config)),
    ...(report.environment ? [section('Environment', settingsTables(report.environment))] : []),
    ...(report.skipped?.length ? [skipped(report.skipped)] : []),
  ];
  return page(summary.title, sections);
}

function header({ title, subtitle }: RunSummary): string {
  return element(
    'header',
    {},
    element('h1', {}, escapeText(title)),
    ...(subtitle === '' ? [] : [element('p', { class: 'quiet' }, escapeText(subtitle))]),
  );
}

function note({ heading, sentences }: Note): string {
  return element(
    'aside',
    { class: 'note' },
    element('p', {}, element('strong', {}, escapeText(heading))),
    ...sentences.map((sentence) => element('p', {}, escapeText(sentence))),
  );
}

/** Where time went that trained nothing. */
function waits({ waiting, preparing }: RunSummary): string {
  if (waiting === null) return '';
  const making = preparing === null ? '' : `, ${formatShare(preparing)} making batches of them`;
  return `${formatShare(waiting)} of the time waiting for images${making}`;
}

function uncapitalised(metric: string): string {
  return metric === 'Accuracy' ? 'accuracy' : metric;
}

/** The outcome in numbers. */
function figures(summary: RunSummary): string {
  const { accuracy, metric, chance, done, asked, round, seconds, imagesPerSecond } = summary;
  const rounds = asked === null ? `${done}` : `${done} of ${asked}`;
  const all: [string, string, string][] = [
    [
      round === 'sample'
        ? `Best ${uncapitalised(metric)} on held-out images`
        : `${metric} on held-out images`,
      formatShare(accuracy),
      chance === null ? '' : `chance ${formatShare(chance, Number.isInteger(100 * chance) ? 0 : 1)}`,
    ],
    [round === 'sample' ? 'Architectures' : 'Epochs', rounds, ''],
    ['Time', formatSeconds(seconds), ''],
    ['Images a second', formatShort(imagesPerSecond), waits(summary)],
  ];
  return outcome(all);
}

function cells({ config }: RunReport, { settledSince, round }: RunSummary, genotype: Genotype): string {
  const sentences = [
    'From left to right: the outputs of the two cells before (states 0 and 1), the nodes, each the sum of two operations on earlier states, and the output that joins nodes. Numbers are those of the genotype.',
    settledSince === null
      ? ''
      : settledSince === 1
        ? `The genotype was the same in every ${round}.`
        : `The genotype has not changed since ${round} ${settledSince}.`,
    costSentence(config, genotype),
  ].filter((sentence) => sentence !== '');
  return section(
    'Genotype',
    element('p', { class: 'quiet' }, escapeText(sentences.join(' '))),
    element(
      'div',
      { class: 'cells' },
      cell('Normal cell', 'normal', genotype),
      cell('Reduction cell', 'reduce', genotype),
    ),
  );
}

function cell(title: string, kind: 'normal' | 'reduce', genotype: Genotype): string {
  return figure(title, drawCell(genotype[kind], genotype[`${kind}_concat`], { id: `${kind}-cell`, title }));
}

/** How large a network of the searched size is with these cells; nothing where the config does not say. */
function costSentence(config: Json, genotype: Genotype): string {
  const [cells, channels] = [numberAt(config, 'space', 'cells'), numberAt(config, 'space', 'channels')];
  const [classes, inputChannels] = [
    numberAt(config, 'task', 'classes'),
    numberAt(config, 'task', 'channels'),
  ];
  const size = numberAt(config, 'data', 'size');
  const stem = valueAt(config, 'space', 'stem');
  if (!cells || !channels || !classes || !inputChannels || !size) return '';
  if (stem !== 'cifar' && stem !== 'imagenet') return '';
  try {
    const { parameters, multiplyAdds } = cost(genotype, {
      cells,
      channels,
      classes,
      inputChannels,
      size,
      stem,
    });
    return `A network of ${cells} such cells with ${channels} channels has ${formatLarge(parameters)} parameters and takes ${formatLarge(multiplyAdds)} multiply-adds for an image of ${size}×${size}.`;
  } catch (error) {
    // Sizes that no network has; they stand in the table of settings for who wants to know.
    if (error instanceof RangeError) return '';
    throw error;
  }
}

/** What it means that maps were not kept as they were computed. */
function activationsNote({ config }: RunReport): string {
  if (valueAt(config, 'settings', 'activations') !== 'bfloat16') return '';
  return element(
    'p',
    {},
    'Activations were kept as bfloat16: within a training step, what each convolution of the supernet’s cells gave was rounded to 8 bits of precision, which halves the memory for it. Weights, sums and gradients were computed in float32; on random weights the gradients differ by 2 to 4 % from those without rounding. In a search on 960 pictures of CIFAR-10 that was done with and without it from the same seed, the losses of its six epochs differed by at most 0.018 (1.6 %); npm run bench -- precision does so again.',
  );
}

function notations(genotype: Genotype): string {
  return [
    element('h3', { style: 'margin-top:24px' }, 'As JSON'),
    element('pre', {}, keepEdges(escapeText(formatGenotype(genotype)))),
    element('h3', {}, 'As Python'),
    element('pre', {}, keepEdges(escapeText(formatGenotype(genotype, 'python')))),
  ].join('');
}

/** Lets no line end within an edge. */
function keepEdges(markup: string): string {
  return markup.replace(/\(&#39;[^()]*\)|\[&quot;[^[\]]*\]/g, (edge) =>
    element('span', { class: 'whole' }, edge),
  );
}

function alphas({ config, records }: RunReport, summary: RunSummary): string {
  const named = valueAt(config, 'space', 'candidates');
  const candidates = Array.isArray(named) ? named.map(String) : CANDIDATES;
  const chart = (kind: 'normal' | 'reduce', title: string) =>
    element(
      'div',
      { class: 'wide' },
      figure(
        title,
        alphaChart({ id: `${kind}-alphas`, kind, records, candidates, kept: summary.genotype?.[kind] ?? [] }),
      ),
    );
  return section(
    'Alphas',
    ...(records.some((record) => record.health)
      ? [
          element(
            'p',
            { class: 'quiet' },
            'Three measures tell whether a search collapses: half of the normal cell skip connections, or half of the weight on none, are the limits; an entropy far below that of uniform alphas means that the choice is clear.',
          ),
          healthCurves(records, summary),
        ]
      : []),
    element(
      'p',
      { class: 'quiet', style: 'margin-top:28px' },
      'Below, the softmax of the alphas over the epochs, a chart for each edge of the supernet, named by where it comes from and goes to. Shaded edges are those that the genotype keeps, with their operation in a heavier line.',
    ),
    chart('normal', 'Normal cell'),
    chart('reduce', 'Reduction cell'),
  );
}

function skipped(files: NonNullable<RunReport['skipped']>): string {
  const rows = files.map(({ file, reason }) =>
    element('tr', {}, element('td', {}, escapeText(file)), element('td', {}, escapeText(reason))),
  );
  return section(
    'Skipped files',
    element(
      'p',
      {},
      `${files.length.toLocaleString('en-US')} of the files could not be read as images and were left out.`,
    ),
    element('table', {}, element('tbody', {}, ...rows)),
  );
}
