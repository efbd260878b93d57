import { formatNumber, formatSeconds, formatShare } from './format-number.ts';
import { element, escapeText } from './markup.ts';
import type { RoundRecord } from './run-report.ts';

const COLUMNS: readonly (readonly [name: string, write: (record: RoundRecord) => string])[] = [
  ['loss', ({ loss }) => formatNumber(loss)],
  ['alpha loss', ({ alphaLoss }) => formatNumber(alphaLoss)],
  ['training', ({ trainAccuracy }) => formatShare(trainAccuracy)],
  ['held out', ({ accuracy }) => formatShare(accuracy)],
  ['learning rate', ({ learningRate }) => formatNumber(learningRate)],
  ['gradient norm', ({ gradientNorm }) => formatNumber(gradientNorm)],
  ['images/s', ({ imagesPerSecond }) => formatNumber(imagesPerSecond)],
  ['time', ({ seconds }) => formatSeconds(seconds)],
];

/** The numbers behind the charts, folded away. */
export function roundsTable(records: readonly RoundRecord[], round: string): string {
  const head = [round, ...COLUMNS.map(([name]) => name)].map((name) =>
    element('th', { scope: 'col' }, escapeText(name)),
  );
  const rows = records.map((record) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${record.epoch}`),
      ...COLUMNS.map(([, write]) => element('td', {}, escapeText(write(record)))),
    ),
  );
  return element(
    'details',
    {},
    element('summary', {}, `All ${round}s as a table`),
    element(
      'div',
      { class: 'wide' },
      element(
        'table',
        { class: 'rounds' },
        element('thead', {}, element('tr', {}, ...head)),
        element('tbody', {}, ...rows),
      ),
    ),
  );
}
