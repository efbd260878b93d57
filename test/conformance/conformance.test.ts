import { describe, expect, it } from 'vitest';
import { conformance } from './conformance.ts';
import { count, outcomesOf, regressions } from './outcomes.ts';

describe('the native backend', () => {
  it("passes every spec of tfjs-core's own suite that stock tfjs passes", async () => {
    const report = await conformance();
    expect(count(report.native, 'passed')).toBeGreaterThan(4000);
    expect(
      report.regressions.map((name) => `${name}: ${report.native.get(name)?.message ?? 'did not run'}`),
    ).toEqual([]);
  }, 300_000);
});

describe('the comparison of outcomes', () => {
  const stock = outcomesOf([
    ['a', 'passed', ''],
    ['a', 'passed', ''],
    ['b', 'failed', 'flickers'],
    ['c', 'pending', ''],
    ['d', 'passed', ''],
    ['Switching cpu backends {} works', 'passed', ''],
  ]);

  it('names what passes on stock tfjs only, one by one where names repeat', () => {
    const native = outcomesOf([
      ['a', 'passed', ''],
      ['a', 'failed', 'NaN'],
      ['b', 'failed', 'flickers'],
      ['d', 'pending', ''],
    ]);
    expect(regressions(stock, native)).toEqual(['a #2', 'd']);
    expect(native.get('a #2')).toEqual({ status: 'failed', message: 'NaN' });
  });

  it('takes a spec that did not run for one that failed, and finds nothing to name between equals', () => {
    expect(regressions(stock, outcomesOf([]))).toEqual(['a', 'a #2', 'd']);
    expect(regressions(stock, stock)).toEqual([]);
  });

  it('counts by status', () => {
    expect(count(stock, 'passed')).toBe(4);
    expect(count(stock, 'pending')).toBe(1);
  });
});
