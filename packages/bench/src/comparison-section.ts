import { barChart, element, escapeText, figure, numbersTable, section } from '@unnas/report';
import type { ContenderRecord, StepComparison } from './bench-report.ts';
import { digits, percent } from './step-lines.ts';

const OWN = 'var(--line-first)';
const OTHERS = 'var(--op-none)';

/** A step by several contenders: bars for speed and memory, and all numbers. */
export function comparisonSection(comparison: StepComparison, id: string): string {
  const { title, cells, channels, size, batch, threads, parameters, contenders, ceilings, leftOut } =
    comparison;
  const network = `${cells} cells, ${channels} channels, ${parameters.toLocaleString('en-US')} parameters; batch ${batch} of ${size}×${size}; ${threads} threads.`;
  const ceiling =
    ceilings === null
      ? ''
      : ` Between the rounds the machine did ${digits(ceilings.gigaflopsPerSecond.best)} GFLOP/s of multiply-adds at best (median ${digits(ceilings.gigaflopsPerSecond.median)}).`;
  const apart = contenders.some(({ timesAsLong }) => timesAsLong > 30);
  return section(
    title.charAt(0).toUpperCase() + title.slice(1),
    element('p', { class: 'quiet' }, escapeText(network + ceiling)),
    element(
      'div',
      { class: 'charts' },
      figure(
        'Images a second',
        barChart({
          id: `${id}-speed`,
          title: `${title}: images a second`,
          bars: contenders.map((one) => ({
            name: one.name,
            value: one.imagesPerSecond,
            label: `${digits(one.imagesPerSecond)}${one.timesAsLong === 1 ? '' : `, ${times(one.timesAsLong)}`}`,
            colour: colourOf(one),
          })),
          format: digits,
          logarithmic: apart,
        }),
        apart ? 'By powers of ten.' : '',
      ),
      figure(
        'Peak resident memory, MiB',
        barChart({
          id: `${id}-memory`,
          title: `${title}: peak resident memory`,
          bars: contenders.map((one) => ({
            name: one.name,
            value: one.peakResidentMiB,
            label: digits(one.peakResidentMiB),
            colour: colourOf(one),
          })),
          format: digits,
        }),
      ),
    ),
    numbersTable(
      [
        '',
        'batch',
        'first, ms',
        'median, ms',
        'best, ms',
        'first / median',
        'times as long',
        'GFLOP/s',
        'of FMA',
        'outside',
      ],
      contenders.map((one) => [
        `${one.name} (${one.version})`,
        `${one.images}`,
        ...[one.firstMilliseconds, one.medianMilliseconds, one.bestMilliseconds].map(digits),
        (one.firstMilliseconds / one.medianMilliseconds).toFixed(2),
        digits(one.timesAsLong),
        digits(one.gigaflopsPerSecond),
        one.shareOfCeiling === null ? '–' : percent(one.shareOfCeiling),
        one.shareOutsideKernels === null ? '–' : percent(one.shareOutsideKernels),
      ]),
    ),
    element(
      'p',
      { class: 'quiet' },
      'Of FMA: of the multiply-adds that the machine does at most. Outside: the share of the step outside of native kernels.',
    ),
    ...leftOut.map((reason) => element('p', { class: 'quiet' }, escapeText(`Left out: ${reason}`))),
  );
}

const colourOf = ({ name }: ContenderRecord): string => (name.startsWith('native') ? OWN : OTHERS);

const times = (ratio: number): string =>
  ratio > 1 ? `${digits(ratio)} times as long` : `${digits(ratio)} of the time`;
