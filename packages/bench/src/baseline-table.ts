import { element, escapeText, numbersTable } from '@unnas/report';
import type { BaselineRow } from './baseline.ts';
import type { BenchReport } from './bench-report.ts';
import { aligned } from './kernel-lines.ts';
import { digits } from './step-lines.ts';

const HEAD = ['ratio', 'before', 'now', 'times better'];

const cells = (rows: readonly BaselineRow[]): string[][] =>
  rows.map(({ name, before, value, better }) => [name, digits(before), digits(value), better.toFixed(2)]);

/** For a person in a terminal. */
export function baselineLines(rows: readonly BaselineRow[]): string[] {
  return rows.length === 0 ? ['nothing that both runs measured'] : aligned([HEAD, ...cells(rows)]);
}

/** For the page. */
export function baselineTable(rows: readonly BaselineRow[], { machine, taken }: BenchReport): string {
  const from = `The earlier run is of ${taken.slice(0, 10)}, on ${machine.processor} with ${machine.cores} cores. Only ratios are compared: to peers of the same run, and to what the machine could do at that time.`;
  return (
    element('p', { class: 'quiet' }, escapeText(from)) +
    (rows.length === 0
      ? element('p', {}, 'There is nothing that both runs measured.')
      : numbersTable(HEAD, cells(rows)))
  );
}
