import { describe, expect, it } from 'vitest';
import { find, readXml, textOf } from '../fixtures/read-xml.ts';
import { sampleRun } from '../fixtures/sample-run.ts';
import { alphaChart } from './alpha-chart.ts';

const { records } = sampleRun({ rounds: 6 });
const draw = (change: object = {}) => readXml(alphaChart({ id: 'a', kind: 'normal', records, ...change }));

describe('alphaChart', () => {
  it('has a chart for each of the 14 edges, with a line for each candidate', () => {
    const panels = find(draw(), 'g').filter((g) => g.attributes['data-edge']);
    expect(panels.map((panel) => panel.attributes['data-edge'])).toEqual([
      '0-2',
      '1-2',
      '0-3',
      '1-3',
      '2-3',
      '0-4',
      '1-4',
      '2-4',
      '3-4',
      '0-5',
      '1-5',
      '2-5',
      '3-5',
      '4-5',
    ]);
    for (const panel of panels) expect(find(panel, 'path', 'line')).toHaveLength(8);
  });

  it('marks the edges that are kept, and their operation', () => {
    const kept = records.at(-1)!.genotype!.normal;
    const drawing = draw({ kept });
    expect(find(drawing, 'rect', 'panel')).toHaveLength(8);
    expect(find(drawing, 'path', 'bold')).toHaveLength(8);
    const names = find(drawing, 'text', 'strong')
      .map(textOf)
      .filter((text) => !text.includes('→'));
    expect(names.sort()).toEqual(kept.map(([op]) => op).sort());
  });

  it('names each candidate in a key that lies clear of the charts', () => {
    const drawing = draw();
    const key = find(drawing, 'text').filter((text) => text.attributes['data-key']);
    expect(key).toHaveLength(8);
    const shift = (panel: string) => {
      const group = find(drawing, 'g').find((g) => g.attributes['data-edge'] === panel)!;
      return group.attributes.transform!.match(/[\d.]+/g)!.map(Number) as [number, number];
    };
    const [right] = shift('2-3');
    const [, below] = shift('2-3');
    for (const name of key) {
      expect(Number(name.attributes.x)).toBeGreaterThan(right);
      expect(Number(name.attributes.y)).toBeLessThan(below - 20);
    }
  });

  it('starts at zero unless the weights are all but equal, and then has marks that can be told apart', () => {
    const marks = (chart: ReturnType<typeof draw>) =>
      find(chart, 'text')
        .map(textOf)
        .filter((text) => text.endsWith('%'));
    expect(marks(draw())).toContain('0 %');
    const flat = sampleRun({ rounds: 3, drift: 1e-5 }).records;
    const narrow = marks(readXml(alphaChart({ id: 'a', kind: 'normal', records: flat })));
    expect(narrow).not.toContain('0 %');
    expect(new Set(narrow).size).toBeGreaterThan(1);
    expect(narrow.every((mark) => mark.startsWith('12.'))).toBe(true);
  });

  it('leaves gaps for rounds without alphas, and thins long runs', () => {
    const gaps = records.map((record, i) => (i === 2 ? { ...record, alphas: null } : record));
    const [panel] = find(draw({ records: gaps }), 'g').filter((g) => g.attributes['data-edge']);
    expect(find(panel!, 'path', 'line')[0]!.attributes.d!.match(/M/g)).toHaveLength(2);
    const long = sampleRun({ rounds: 400, drift: 0.001 }).records;
    const thinned = draw({ records: long });
    const [first] = find(thinned, 'path', 'line').slice(-1);
    expect(first!.attributes.d!.split('L')).toHaveLength(150);
    expect(find(thinned, 'text').map(textOf)).toContain('400');
  });

  it('says so when there are none', () => {
    expect(find(draw({ records: [{ epoch: 1 }] }), 'text').map(textOf)).toEqual(['no numbers']);
    expect(find(draw({ records: [] }), 'text').map(textOf)).toEqual(['no numbers']);
  });
});
