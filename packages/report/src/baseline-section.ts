import { equalGenotypes } from '@unnas/genotype';
import { formatLarge, formatShare } from './format-number.ts';
import { element, escapeText } from './markup.ts';
import { figure } from './page.ts';
import type { Baseline, Contender } from './run-report.ts';
import type { RunSummary } from './run-summary.ts';
import { stripPlot } from './strip-plot.ts';
import { verdict } from './verdict.ts';

/** How the found cell compares with random ones: the outcome in words, a point for each cell, and the numbers. */
export function baselineSection(baseline: Baseline, { genotype }: Pick<RunSummary, 'genotype'>): string {
  const { found, random, mean, deviation, chance } = baseline;
  const [outcome, ...more] = verdict(baseline);
  const stale = genotype !== null && !equalGenotypes(genotype, found.genotype);
  return [
    ...(stale
      ? [paragraph('The run has gone on since: the comparison is of a cell that it had found before.')]
      : []),
    element(
      'p',
      {},
      element('strong', {}, escapeText(outcome!)),
      ...more.map((sentence) => escapeText(` ${sentence}`)),
    ),
    element(
      'div',
      { class: 'wide' },
      figure(
        'Accuracy on held-out images',
        stripPlot({
          id: 'baseline',
          title: 'Accuracy of the found cell and of random cells',
          one: { name: 'found cell', value: found.accuracy },
          many: {
            name: random.length === 1 ? '1 random cell' : `${random.length} random cells`,
            values: random.map(({ accuracy }) => accuracy),
            labels: random.map(label),
          },
          mean,
          deviation,
          reference: { value: chance, name: 'chance' },
          bounds: [0, 1],
          format: (value, step = 0.001) => formatShare(value, step >= 0.0099 ? 0 : step >= 0.00099 ? 1 : 2),
        }),
        deviation === null ? '' : 'The bar reaches one standard deviation to each side of the mean.',
      ),
    ),
    paragraph(budget(baseline), 'quiet'),
    table(baseline),
  ].join('');
}

function budget({ epochs, pictures }: Baseline): string {
  const passes = epochs === 1 ? 'one epoch' : `${epochs} epochs`;
  const count = (value: number) => value.toLocaleString('en-US');
  return `Each network was trained once, from scratch, for ${passes} on the same ${count(pictures.trained)} images in the same order, and scored on ${count(pictures.scored)} others. How much another training of the same cell would differ is not known from this. The images that score are among those by which the search chose its cell, which can favour it.`;
}

function label({ accuracy, parameters }: Contender, i: number): string {
  return `random cell ${i + 1}: ${formatShare(accuracy)}, ${formatLarge(parameters)} parameters`;
}

/** The numbers behind the chart, folded away. */
function table({ found, random }: Baseline): string {
  const head = ['cell', 'held out', 'training', 'parameters', 'multiply-adds'].map((name) =>
    element('th', { scope: 'col' }, name),
  );
  const row = (name: string, { accuracy, trainAccuracy, parameters, multiplyAdds }: Contender) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...[
        formatShare(accuracy),
        formatShare(trainAccuracy),
        formatLarge(parameters),
        formatLarge(multiplyAdds),
      ].map((value) => element('td', {}, escapeText(value))),
    );
  return element(
    'details',
    {},
    element('summary', {}, 'All cells of the comparison as a table'),
    element(
      'div',
      { class: 'wide' },
      element(
        'table',
        { class: 'rounds compared' },
        element('thead', {}, element('tr', {}, ...head)),
        element(
          'tbody',
          {},
          row('found', found),
          ...random.map((contender, i) => row(`random ${i + 1}`, contender)),
        ),
      ),
    ),
  );
}

function paragraph(text: string, className?: string): string {
  return element('p', { class: className }, escapeText(text));
}
