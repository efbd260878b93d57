import { formatShare, formatShort } from './format-number.ts';
import { lineChart } from './line-chart.ts';
import { element } from './markup.ts';
import { figure } from './page.ts';
import { seriesStroke } from './palette.ts';
import type { RoundRecord } from './run-report.ts';
import type { RunSummary } from './run-summary.ts';

type Numbers = readonly (number | null | undefined)[];

/** Charts of accuracy, loss and learning rate over the rounds. */
export function curves(records: readonly RoundRecord[], { round, chance, metric }: RunSummary): string {
  const points = round === 'sample';
  const of = (read: (record: RoundRecord) => number | null | undefined): Numbers => records.map(read);
  const first = seriesStroke('first');
  const second = seriesStroke('second');
  const alphaLosses = of((record) => record.alphaLoss);
  const accuracy = lineChart({
    id: 'accuracy',
    title: `${metric} on the task`,
    round,
    format: (value) => formatShare(value, Number.isInteger(100 * value) ? 0 : 1),
    bounds: [0, 1],
    include: [0],
    ...(chance === null ? {} : { reference: { value: chance, name: 'chance' } }),
    series: [
      { name: 'held out', values: of((record) => record.accuracy), stroke: first, points },
      { name: 'training', values: of((record) => record.trainAccuracy), stroke: second, points },
    ],
  });
  const loss = lineChart({
    id: 'loss',
    title: 'Loss',
    round,
    format: formatShort,
    series: [
      { name: 'weight steps', values: of((record) => record.loss), stroke: second, points },
      ...(alphaLosses.some((value) => value !== null && value !== undefined)
        ? [{ name: 'alpha steps', values: alphaLosses, stroke: first, points }]
        : []),
    ],
  });
  const rate = lineChart({
    id: 'learning-rate',
    title: 'Learning rate of the weights',
    round,
    format: formatShort,
    include: [0],
    series: [{ name: 'rate', values: of((record) => record.learningRate), stroke: second, points }],
  });
  const norm = lineChart({
    id: 'gradient-norm',
    title: 'Norm of the weight gradients before clipping',
    round,
    format: formatShort,
    include: [0],
    series: [{ name: 'norm', values: of((record) => record.gradientNorm), stroke: second, points }],
  });
  return element(
    'div',
    { class: 'charts' },
    figure(`${metric} on the task`, accuracy),
    figure('Loss', loss), // Within a round that trains an architecture of its own, these are those of its last steps: nothing to compare.
    ...(points
      ? []
      : [
          figure('Learning rate of the weights', rate),
          figure('Norm of the weight gradients before clipping', norm),
        ]),
  );
}

/** Charts of the measures of collapse over the epochs. */
export function healthCurves(records: readonly RoundRecord[], { round }: RunSummary): string {
  const edges = records.findLast((record) => record.health)?.health?.normal.edges ?? 8;
  const largest = largestEntropy(records);
  const series = (read: (health: NonNullable<RoundRecord['health']>['normal']) => number) => [
    {
      name: 'normal',
      values: records.map(({ health }) => health && read(health.normal)),
      stroke: seriesStroke('first'),
    },
    {
      name: 'reduce',
      values: records.map(({ health }) => health && read(health.reduce)),
      stroke: seriesStroke('second'),
    },
  ];
  const size = { width: 336, height: 190, round, include: [0] };
  return element(
    'div',
    { class: 'charts' },
    figure(
      'Skip connections in the derived cell',
      lineChart({
        ...size,
        id: 'skips',
        title: 'Skip connections in the derived cell',
        format: (value) => `${Math.round(value * 10) / 10}`,
        bounds: [0, edges],
        reference: { value: edges / 2, name: 'limit' },
        series: series((cell) => cell.skips),
      }),
    ),
    figure(
      'Weight on none',
      lineChart({
        ...size,
        id: 'none-mass',
        title: 'Weight on none, mean over the edges',
        format: (value) => formatShare(value, Number.isInteger(Math.round(1e6 * value) / 1e4) ? 0 : 1),
        bounds: [0, 1],
        reference: { value: 0.5, name: 'limit' },
        series: series((cell) => cell.noneMass),
      }),
    ),
    figure(
      'Entropy of the alphas, in nats',
      lineChart({
        ...size,
        id: 'entropy',
        title: 'Entropy of the alphas in nats, mean over the edges',
        format: (value) => formatShort(Number(value.toFixed(2))),
        ...(largest === undefined ? {} : { reference: { value: largest, name: 'uniform' } }),
        series: series((cell) => cell.entropy),
      }),
    ),
  );
}

/** The entropy of uniform alphas. */
function largestEntropy(records: readonly RoundRecord[]): number | undefined {
  const candidates = records.findLast(({ alphas }) => alphas)?.alphas?.normal[0]?.length;
  return candidates ? Math.log(candidates) : undefined;
}
