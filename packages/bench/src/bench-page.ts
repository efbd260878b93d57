import { element, escapeText, outcome, page, section } from '@unnas/report';
import { type BaselineRow, baselineRows } from './baseline.ts';
import { baselineTable } from './baseline-table.ts';
import type { BenchReport } from './bench-report.ts';
import { comparisonSection } from './comparison-section.ts';
import { kernelSection, opSection } from './kernel-section.ts';
import { scalingSection } from './scaling-section.ts';
import { digits, percent } from './step-lines.ts';
import { stepSection } from './step-section.ts';

/** A run as one page that needs nothing else: bars, a roofline, tables, and how the numbers were taken. */
export function benchPage(report: BenchReport, baseline?: BenchReport): string {
  const { comparisons, steps, kernels, ops, scaling, machine } = report;
  const rows: BaselineRow[] = baseline === undefined ? [] : baselineRows(report, baseline);
  return page('unnas, measured', [
    element(
      'header',
      {},
      element('h1', {}, 'unnas, measured'),
      element(
        'p',
        { class: 'quiet' },
        escapeText(
          `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}. ${report.taken.slice(0, 10)}, load ${machine.load}.`,
        ),
      ),
    ),
    ...busy(report),
    outcome(figures(report)),
    ...comparisons.map((comparison, i) => comparisonSection(comparison, `comparison${i}`)),
    ...steps.map((step, i) => stepSection(step, `step${i}`)),
    ...(kernels === null ? [] : [kernelSection(kernels)]),
    ...(ops.length === 0 ? [] : [opSection(ops)]),
    ...(scaling.length === 0 ? [] : [scalingSection(scaling)]),
    ...(baseline === undefined ? [] : [section('Beside an earlier run', baselineTable(rows, baseline))]),
    section('How the numbers were taken', ...HOW.map((text) => element('p', {}, escapeText(text)))),
    element('pre', {}, escapeText(report.command)),
  ]);
}

/** Numbers of a busy machine are no claim. */
function busy({ machine }: BenchReport): string[] {
  if (machine.load <= machine.cores) return [];
  return [
    element(
      'aside',
      { class: 'note' },
      element('p', {}, element('strong', {}, 'The machine was busy')),
      element(
        'p',
        {},
        escapeText(
          `When the run began, ${machine.load} processes wanted one of ${machine.cores} cores. Times are too long, and ratios may favour either side: read them as a sign that things work.`,
        ),
      ),
    ),
  ];
}

function figures({ comparisons, steps }: BenchReport): [string, string, string][] {
  const compared = comparisons.flatMap(({ title, batch, contenders }): [string, string, string][] =>
    contenders
      .slice(1)
      .filter(({ name, timesAsLong }) => !name.startsWith('native') && timesAsLong > 1)
      .map(({ name, timesAsLong }) => [
        `Faster than ${name}`,
        `${digits(timesAsLong)} times`,
        `${title}, batch ${batch}`,
      ]),
  );
  const [comparison] = comparisons;
  const first = comparison?.contenders[0] ?? steps[0];
  if (first === undefined) return compared;
  const { title = `${steps[0]?.kind} step`, batch = steps[0]?.batch } = comparison ?? {};
  const what = `${title}, batch ${batch}`;
  const share: [string, string, string][] =
    first.shareOfCeiling === null
      ? []
      : [['Of the multiply-adds there are', percent(first.shareOfCeiling), what]];
  return [...compared, ...share, ['Peak memory', `${digits(first.peakResidentMiB)} MiB`, what]];
}

const HOW = [
  'Contenders take turns, one step each, A B C A B C, so that whatever else the machine does meets all of them alike. What counts is the ratio of medians of one run; a time by itself says as much of the neighbours as of the program.',
  'Each contender is a process of its own that waits while the others work, so its peak of resident memory is its own. Steps before the warm-up is over do not count; the first of them is shown apart. Between two steps of ours Node’s event loop has a turn, outside of the clock, as it has in a search.',
  'A step is what a search does: forward pass, gradients, clipping, optimiser, running statistics. The peers are the same network in the same number of parameters, written as a careful user does: only the gradients that a step needs are asked for.',
  'Operations are counted from the network: two for a multiply-add of convolutions and linear layers, three passes for a step of the weights (forward, gradient of the inputs, gradient of the weights), two for one of the alphas, ten for one of second order. What a program computes twice counts once; norms, pools and optimisers count nothing. So the share of what the machine can do is what a user gets, not how busy it was.',
  'What the machine can do is measured between the rounds, with all threads and the instruction set in use: multiply-adds on registers, and the triad c = a + 3 b on arrays that no cache holds, 12 bytes an element. The best sample counts.',
  'GB/s of an op count every input read once and every output written once. Small arrays live in caches, which are faster than memory: there a share of the roof may be above 100 %.',
];
