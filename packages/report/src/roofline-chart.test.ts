import { describe, expect, it } from 'vitest';
import { find, readXml, textOf } from '../fixtures/read-xml.ts';
import { rooflineChart } from './roofline-chart.ts';
import { logScale } from './scale.ts';

const drawing = readXml(
  rooflineChart({
    id: 'roof',
    title: 'Roofline',
    points: [
      { name: 'product, forward', group: 'product', intensity: 16, rate: 200 },
      { name: 'sum, backward', group: 'sum', intensity: 0.25, rate: 12.5, open: true },
    ],
    ceilings: { gigabytesPerSecond: 50, gigaflopsPerSecond: 400 },
    groups: { product: 'red', sum: 'blue' },
    format: (value) => `${Number(value.toPrecision(3))}`,
  }),
);

describe('rooflineChart', () => {
  it('tells each point and names the groups and the roof', () => {
    const titles = find(drawing, 'circle').flatMap((point) => find(point, 'title').map(textOf));
    expect(titles).toEqual([
      'product, forward: 200 GFLOP/s, 16 operations a byte',
      'sum, backward: 12.5 GFLOP/s, 0.25 operations a byte',
    ]);
    expect(find(drawing, 'text').map(textOf)).toEqual(
      expect.arrayContaining(['product', 'sum', 'multiply-adds 400 GFLOP/s', 'memory 50 GB/s']),
    );
  });

  it('puts a point that memory bounds on the slope: 50 GB/s times 0.25 operations a byte', () => {
    const path = find(drawing, 'path').find(({ attributes }) => attributes.style?.includes('--ink'))!;
    const [x0, y0, x1, y1] = path.attributes.d!.match(/[\d.]+/g)!.map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const point = find(drawing, 'circle')[1]!.attributes;
    const along = (Number(point.cx) - x0) / (x1 - x0);
    expect(y0 + along * (y1 - y0)).toBeCloseTo(Number(point.cy), 0);
  });
});

describe('logScale', () => {
  it('has marks at powers of ten around wide ranges, and at 1, 2, 5 in narrow ones', () => {
    expect(logScale([3, 40_000], [0, 100]).ticks).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
    expect(logScale([3, 40], [0, 100]).ticks).toEqual([2, 5, 10, 20, 50]);
    const scale = logScale([1, 10_000], [0, 100]);
    expect([1, 10, 100, 1000, 10_000].map(scale)).toEqual([0, 25, 50, 75, 100].map((x) => expect.closeTo(x)));
  });

  it('takes one value, and refuses what has no logarithm', () => {
    for (const value of [0.3, 1, 7, 1000])
      expect(logScale([value], [0, 100]).ticks.length).toBeGreaterThan(1);
    expect(() => logScale([0, 1], [0, 100])).toThrow('expected positive numbers, got 0 to 1');
  });
});
