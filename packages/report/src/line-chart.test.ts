import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { find, type Node, readXml, textOf } from '../fixtures/read-xml.ts';
import { type LineChart, lineChart } from './line-chart.ts';
import { placeLabels } from './place-labels.ts';

const chart = (change: Partial<LineChart> = {}): Node =>
  readXml(
    lineChart({
      id: 'chart',
      title: 'Loss',
      format: (value) => value.toFixed(2),
      series: [{ name: 'loss', values: [3, 2, 1], stroke: { colour: '#123456' } }],
      ...change,
    }),
  );

const series = (...values: (number | null | undefined)[]) => [
  { name: 'loss', values, stroke: { colour: 'red' } },
];
const numbersIn = (path: string) => path.match(/-?\d+(\.\d+)?/g)!.map(Number);

describe('lineChart', () => {
  it('draws a point for each value, from left to right, larger values higher', () => {
    const [line] = find(chart(), 'path', 'line');
    const [x1, y1, x2, y2, x3, y3] = numbersIn(line!.attributes.d!) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect(x2 - x1).toBeCloseTo(x3 - x2, 1);
    expect(x2).toBeGreaterThan(x1);
    expect(y2 - y1).toBeCloseTo(y3 - y2, 1);
    expect(y2).toBeGreaterThan(y1);
  });

  it('breaks the line where values are missing, and draws a value without neighbours as a point', () => {
    const drawing = chart({ series: series(1, 2, null, 3, Number.NaN, undefined, 4, 5) });
    const [line] = find(drawing, 'path', 'line');
    expect(line!.attributes.d!.match(/M/g)).toHaveLength(2);
    expect(numbersIn(line!.attributes.d!)).toHaveLength(8);
    // The lone 3, and the end of the line.
    expect(find(drawing, 'circle')).toHaveLength(2);
  });

  it('says that there are no numbers, and does not fail', () => {
    for (const values of [[], [null, Number.NaN, undefined, Number.POSITIVE_INFINITY]]) {
      const drawing = chart({ series: series(...values) });
      expect(find(drawing, 'text').map(textOf)).toEqual(['no numbers']);
    }
  });

  it('draws a single round as a point with a name', () => {
    const drawing = chart({ series: series(1.5) });
    expect(find(drawing, 'path', 'line')).toHaveLength(0);
    expect(find(drawing, 'circle')).toHaveLength(1);
    expect(find(drawing, 'text', 'label').map(textOf)).toEqual(['loss 1.50']);
  });

  it('starts its axis at zero unless the values lie far from it', () => {
    const marks = (...values: number[]) =>
      find(find(chart({ series: series(...values) }), 'g', 'axis')[0]!, 'text').map(textOf);
    expect(marks(1, 2, 3)).toContain('0.00');
    expect(marks(2.9, 3)).not.toContain('0.00');
    expect(marks(-1, 1)).toContain('-1.00');
  });

  it('shows a reference beside the series', () => {
    const drawing = chart({ reference: { value: 1.25, name: 'chance' } });
    expect(find(drawing, 'path', 'reference')).toHaveLength(1);
    expect(find(drawing, 'text', 'label').map(textOf)).toEqual(['loss 1.00', 'chance 1.25']);
    expect(textOf(find(drawing, 'desc')[0]!)).toBe('loss: from 3.00 to 1.00 over 3 epochs; chance: 1.25.');
  });

  it('keeps every coordinate finite and within the picture, for any numbers', () => {
    const value = fc.option(fc.double({ min: -1e9, max: 1e9 }), { nil: null });
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 30 }), { minLength: 1, maxLength: 4 }), (lists) => {
        const drawing = chart({
          width: 600,
          series: lists.map((values, i) => ({ name: `line ${i}`, values, stroke: { colour: 'red' } })),
          format: (number) => number.toPrecision(3),
        });
        for (const dot of find(drawing, 'circle')) {
          expect(Number(dot.attributes.cx)).toBeGreaterThanOrEqual(0);
          expect(Number(dot.attributes.cx)).toBeLessThanOrEqual(600);
          expect(Number(dot.attributes.cy)).toBeGreaterThanOrEqual(0);
          expect(Number(dot.attributes.cy)).toBeLessThanOrEqual(220);
        }
        for (const line of find(drawing, 'path')) expect(line.attributes.d).not.toMatch(/NaN|Infinity/);
        const labels = find(drawing, 'text', 'label').map((label) => Number(label.attributes.y));
        for (const [i, y] of labels.sort((a, b) => a - b).entries()) {
          if (i > 0) expect(y - labels[i - 1]!).toBeGreaterThan(12);
        }
      }),
      { examples: [[[[0, -5e-324]]]] },
    );
  });

  it('escapes names', () => {
    const drawing = chart({
      title: '<b>&"',
      series: [{ name: '<i>', values: [1], stroke: { colour: 'red' } }],
    });
    expect(textOf(find(drawing, 'title')[0]!)).toBe('<b>&"');
    expect(find(drawing, 'text', 'label').map(textOf)).toEqual(['<i> 1.00']);
  });
});

describe('placeLabels', () => {
  it('keeps the gap, the order and, where there is room, the bounds', () => {
    const wishes = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(wishes, (wanted) => {
        const placed = placeLabels(wanted, 10, 0, 100);
        const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
        for (const [rank, i] of order.entries()) {
          expect(placed[i]!).toBeGreaterThanOrEqual(-1e-9);
          expect(placed[i]!).toBeLessThanOrEqual(100 + 1e-9);
          if (rank > 0) expect(placed[i]! - placed[order[rank - 1]!]!).toBeGreaterThanOrEqual(10 - 1e-9);
        }
      }),
    );
  });

  it('leaves labels where they are if none touch', () => {
    expect(placeLabels([50, 10, 90], 10, 0, 100)).toEqual([50, 10, 90]);
    expect(placeLabels([50, 50], 10, 0, 100)).toEqual([45, 55]);
  });
});
