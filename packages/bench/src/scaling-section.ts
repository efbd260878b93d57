import { barChart, element, figure, numbersTable, section } from '@unnas/report';
import type { ScalingPoint } from './bench-report.ts';
import { digits, percent } from './step-lines.ts';

const AXES: Readonly<Record<ScalingPoint['axis'], string>> = {
  batch: 'Pictures in a batch',
  channels: 'Channels of the first cells',
  cells: 'Cells',
  threads: 'Threads',
};

/** Rates and memory over one setting at a time. */
export function scalingSection(points: readonly ScalingPoint[]): string {
  const axes = (Object.keys(AXES) as ScalingPoint['axis'][]).filter((axis) =>
    points.some((point) => point.axis === axis),
  );
  const charts = axes.flatMap((axis) => {
    const steps = points.filter((point) => point.axis === axis).map(({ step }) => step);
    const bars = (
      value: (step: (typeof steps)[number]) => number,
      label: (step: (typeof steps)[number]) => string,
    ) => steps.map((step) => ({ name: `${step[axis]}`, value: value(step), label: label(step) }));
    return [
      figure(
        `${AXES[axis]}: GFLOP/s`,
        barChart({
          id: `scaling-${axis}`,
          title: `Rate of arithmetic over ${axis}`,
          bars: bars(
            ({ gigaflopsPerSecond }) => gigaflopsPerSecond,
            ({ gigaflopsPerSecond, shareOfCeiling }) =>
              `${digits(gigaflopsPerSecond)}${shareOfCeiling === null ? '' : `, ${percent(shareOfCeiling)} of multiply-adds`}`,
          ),
          format: digits,
        }),
      ),
      figure(
        `${AXES[axis]}: peak resident MiB`,
        barChart({
          id: `scaling-${axis}-memory`,
          title: `Peak memory over ${axis}`,
          bars: bars(
            ({ peakResidentMiB }) => peakResidentMiB,
            ({ peakResidentMiB }) => digits(peakResidentMiB),
          ),
          format: digits,
        }),
      ),
    ];
  });
  const [{ step }] = points as [ScalingPoint];
  return section(
    'Over batch, channels, cells and threads',
    element(
      'p',
      { class: 'quiet' },
      `A ${step.kind} step of the supernet, one setting varied at a time, each step in a process of its own.`,
    ),
    element('div', { class: 'charts' }, ...charts),
    numbersTable(
      [
        '',
        'batch',
        'channels',
        'cells',
        'threads',
        'median, ms',
        'first / median',
        'images/s',
        'outside of kernels',
        'peak, MiB',
      ],
      points.map(({ axis, step }) => [
        axis,
        ...[step.batch, step.channels, step.cells, step.threads ?? '–'].map(String),
        digits(step.medianMilliseconds),
        step.firstOverMedian.toFixed(2),
        digits(step.imagesPerSecond),
        step.shareOutsideKernels === null ? '–' : percent(step.shareOutsideKernels),
        digits(step.peakResidentMiB),
      ]),
      'All points as a table',
    ),
  );
}
