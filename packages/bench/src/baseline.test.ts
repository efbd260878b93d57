import { expect, test } from 'vitest';
import { sampleComparison, sampleReport, sampleStep } from '../fixtures/sample-report.ts';
import { baselineRows, parseReport, ratiosOf } from './baseline.ts';
import { benchReport } from './bench-report.ts';

const { machine } = sampleReport();

test('ratios have names of their own, and no milliseconds among them', () => {
  const ratios = ratiosOf(sampleReport());
  expect(new Set(ratios.map(({ name }) => name)).size).toBe(ratios.length);
  // Another machine, on which all takes twice as long and can do half as much.
  const slower = sampleReport({
    steps: [sampleStep(1000, { shareOfCeiling: sampleStep(500).shareOfCeiling })],
    scaling: [],
  });
  const now = Object.fromEntries(ratiosOf(slower).map(({ name, value }) => [name, value]));
  for (const { name, value } of ratiosOf(sampleReport({ scaling: [] }))) expect(now[name], name).toBe(value);
});

test('more of a peer’s time is better, and so is less memory', () => {
  const report = (times: number, memory: number) =>
    benchReport({
      command: '',
      machine,
      comparisons: [sampleComparison(times)],
      steps: [sampleStep(500, { peakResidentMiB: memory, batch: 3 })],
    });
  const rows = baselineRows(report(12, 1000), report(10, 2000));
  const better = (part: string) => rows.find(({ name }) => name.includes(part))!.better;
  expect(better('PyTorch')).toBeCloseTo(1.2);
  expect(better('batch 3, 2 threads): peak MiB')).toBeCloseTo(2);
  expect(better('share of multiply-adds')).toBe(1);
});

test('only what both runs measured is compared', () => {
  const now = benchReport({ command: '', machine, steps: [sampleStep(500)] });
  const before = benchReport({ command: '', machine, steps: [sampleStep(500, { batch: 1 })] });
  expect(baselineRows(now, before)).toEqual([]);
});

test('reads a whole report, and lines of the command line', () => {
  const report = sampleReport();
  expect(parseReport(JSON.stringify(report, null, 2), 'a.json')).toEqual(report);
  const line = (event: string, value: object) => `${JSON.stringify({ event, ...value })}\n`;
  const lines =
    line('step', sampleStep(500)) + line('step', sampleStep(5)) + line('kernels', report.kernels!);
  const read = parseReport(lines, 'b.jsonl');
  expect(read.steps.map(({ medianMilliseconds }) => medianMilliseconds)).toEqual([500, 5]);
  expect(read.kernels?.kernels).toHaveLength(4);
  for (const text of ['', 'no JSON', '{}', '[1]', 'null']) {
    expect(() => parseReport(text, 'c.json')).toThrow('c.json is no report of a benchmark');
  }
});
