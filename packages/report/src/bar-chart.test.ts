import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { find, type Node, readXml, textOf } from '../fixtures/read-xml.ts';
import { type BarChart, barChart } from './bar-chart.ts';

const BARS = [
  { name: 'ours', value: 40, label: '40 images/s' },
  { name: 'theirs', value: 10, label: '10 images/s, 4 times as long' },
];
const chart = (change: Partial<BarChart> = {}): Node =>
  readXml(barChart({ id: 'bars', title: 'Speed', bars: BARS, format: String, ...change }));
const widths = (drawing: Node) => find(drawing, 'rect').map(({ attributes }) => Number(attributes.width));
const texts = (drawing: Node) => find(drawing, 'text').map(textOf);

describe('barChart', () => {
  it('draws bars as long as their values, from zero', () => {
    const drawing = chart();
    const [ours, theirs] = widths(drawing) as [number, number];
    expect(ours / theirs).toBeCloseTo(4, 1);
    expect(texts(drawing)).toEqual(expect.arrayContaining(['ours', '40 images/s', '0']));
    expect(textOf(find(drawing, 'desc')[0]!)).toBe(
      'ours: 40 images/s; theirs: 10 images/s, 4 times as long.',
    );
  });

  it('draws equal ratios as equal distances where it is logarithmic', () => {
    const bars = [1, 10, 100, 1000].map((value) => ({ name: `${value}`, value, label: '' }));
    const [one, ten, hundred, thousand] = widths(chart({ bars, logarithmic: true })) as number[];
    expect(hundred! - ten!).toBeCloseTo(thousand! - hundred!, 0);
    expect(ten!).toBeGreaterThan(one!);
  });

  it('shows a reference', () => {
    const drawing = chart({ reference: { value: 60, name: 'limit 60' } });
    expect(find(drawing, 'path').filter(({ attributes }) => attributes.class === 'reference')).toHaveLength(
      1,
    );
    expect(texts(drawing)).toContain('limit 60');
  });

  it('keeps bars within the drawing for any values', () => {
    const values = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.boolean(), (numbers, logarithmic) => {
        const bars = numbers.map((value, i) => ({ name: `bar ${i}`, value, label: value.toPrecision(3) }));
        for (const { attributes } of find(chart({ bars, logarithmic }), 'rect')) {
          expect(Number(attributes.width)).toBeGreaterThan(0);
          expect(Number(attributes.x) + Number(attributes.width)).toBeLessThanOrEqual(520);
        }
      }),
    );
  });
});
