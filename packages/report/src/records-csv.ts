import { formatGenotype } from '@unnas/genotype';
import { isNumber } from './format-number.ts';
import type { RoundRecord } from './run-report.ts';

type Cell = string | number | null | undefined;

const COLUMNS: Readonly<Record<string, (record: RoundRecord) => Cell>> = {
  epoch: (record) => record.epoch,
  loss: (record) => record.loss,
  alphaLoss: (record) => record.alphaLoss,
  trainAccuracy: (record) => record.trainAccuracy,
  accuracy: (record) => record.accuracy,
  chance: (record) => record.chance,
  learningRate: (record) => record.learningRate,
  gradientNorm: (record) => record.gradientNorm,
  seconds: (record) => record.seconds,
  imagesPerSecond: (record) => record.imagesPerSecond,
  waitedMilliseconds: (record) => record.waitedMilliseconds,
  preparedMilliseconds: (record) => record.preparedMilliseconds,
  normalSkips: (record) => record.health?.normal.skips,
  normalNoneMass: (record) => record.health?.normal.noneMass,
  normalEntropy: (record) => record.health?.normal.entropy,
  reduceSkips: (record) => record.health?.reduce.skips,
  reduceNoneMass: (record) => record.health?.reduce.noneMass,
  reduceEntropy: (record) => record.health?.reduce.entropy,
  genotype: (record) => record.genotype && formatGenotype(record.genotype, 'python'),
  sample: (record) => record.sample && formatGenotype(record.sample, 'python'),
};

/**
 * The records as a table of comma-separated values (RFC 4180), one line a round; what is missing is empty.
 */
export function recordsCsv(records: readonly RoundRecord[]): string {
  const lines = records.map((record) => Object.values(COLUMNS).map((read) => write(read(record))));
  return [Object.keys(COLUMNS), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function write(cell: Cell): string {
  if (typeof cell === 'number') return isNumber(cell) ? `${cell}` : '';
  const text = cell ?? '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
