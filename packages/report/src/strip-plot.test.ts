import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { find, type Node, readXml, textOf } from '../fixtures/read-xml.ts';
import { type StripPlot, stripPlot } from './strip-plot.ts';

const plot = (change: Partial<StripPlot> = {}): Node =>
  readXml(
    stripPlot({
      id: 'strip',
      title: 'Scores',
      one: { name: 'found', value: 0.6 },
      many: { name: 'random', values: [0.4, 0.5, 0.55] },
      mean: 0.48,
      deviation: 0.05,
      format: (value) => value.toFixed(2),
      ...change,
    }),
  );

const centres = (drawing: Node) =>
  find(drawing, 'circle').map(({ attributes }) => [Number(attributes.cx), Number(attributes.cy)] as const);
const texts = (drawing: Node) => find(drawing, 'text').map(textOf);

describe('stripPlot', () => {
  it('puts a point at each value, larger ones to the right, and tells each', () => {
    const drawing = plot({ many: { name: 'random', values: [0.4, 0.55, 0.5], labels: ['a', 'b', 'c'] } });
    const [[a], [b], [c]] = centres(drawing) as [[number], [number], [number]];
    expect((b - a) / (c - a)).toBeCloseTo(1.5, 2);
    expect(find(drawing, 'circle').map((point) => textOf(find(point, 'title')[0]!))).toEqual(['a', 'b', 'c']);
    expect(texts(drawing)).toEqual(expect.arrayContaining(['found', 'random', '0.60']));
    expect(textOf(find(drawing, 'desc')[0]!)).toBe('found: 0.60; random: from 0.40 to 0.55, mean 0.48.');
  });

  it('never lets two points touch, and keeps all within the drawing', () => {
    const values = fc.array(fc.double({ min: 0.2, max: 0.9, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.2, max: 0.9, noNaN: true }), (random, found) => {
        const drawing = plot({
          one: { name: 'found', value: found },
          many: { name: 'random', values: random },
        });
        const points = centres(drawing);
        const [height, width] = [Number(drawing.attributes.height), Number(drawing.attributes.width)];
        for (const [i, [x, y]] of points.entries()) {
          expect(x).toBeGreaterThan(0);
          expect(x).toBeLessThan(width);
          expect(y).toBeGreaterThan(26);
          expect(y).toBeLessThan(height - 24);
          for (const [x2, y2] of points.slice(i + 1)) expect(Math.hypot(x - x2, y - y2)).toBeGreaterThan(10);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('shows the reference where the values come near it', () => {
    const near = plot({ reference: { value: 0.3, name: 'chance' } });
    expect(texts(near)).toContain('chance 0.30');
    const far = plot({ reference: { value: 0.1, name: 'chance' } });
    expect(texts(far).join()).not.toContain('chance');
  });

  it('draws a single value, and equal ones, without numbers that are none', () => {
    for (const values of [[0.5], [0.6, 0.6, 0.6]]) {
      const text = stripPlot({
        id: 'strip',
        title: 'Scores',
        one: { name: 'found', value: 0.6 },
        many: { name: 'random', values },
        mean: values[0]!,
        deviation: values.length > 1 ? 0 : null,
        format: (value) => value.toFixed(2),
      });
      expect(text).not.toMatch(/NaN|Infinity/);
      expect(centres(readXml(text))).toHaveLength(values.length);
    }
  });
});
