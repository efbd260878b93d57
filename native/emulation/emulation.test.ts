import { beforeAll, describe, expect, test } from 'vitest';
import { build, check, missingTools } from './emulation.ts';

const missing = missingTools();
if (missing.length > 0)
  console.warn(`The CUDA kernels are NOT tested: ${missing.join(', ')} not found on this machine.`);

describe.skipIf(missing.length > 0)('CUDA kernels in the emulation', () => {
  beforeAll(() => {
    build('planted-faults-plain', 'planted-faults-instrumented', 'mixed-sum-plain', 'mixed-sum-instrumented');
  }, 300_000);

  /** All checks passed, and there were at least so many of them. */
  const expectChecks = ({ status, passed, failed, text }: ReturnType<typeof check>, least: number) => {
    expect(failed).toEqual([]);
    expect(status, text).toBe(0);
    expect(passed.length).toBeGreaterThanOrEqual(least);
  };

  test('every planted fault is reported as what it is, and kernels without a fault are not', () => {
    const instrumented = check('planted-faults-instrumented');
    expectChecks(instrumented, 3 * 24);
    expect(instrumented.text).toMatch(/race: \w+ block \(1,0,0\) thread/);
    expectChecks(check('planted-faults-plain'), 3 * 14);
  });

  test('mixed_sum is right in three schedules, with the same bits', () => {
    expectChecks(check('mixed-sum-plain'), 3 * 7);
  });

  test('mixed_sum has no race, no access out of bounds and reads nothing that was not written', () => {
    const checks = check('mixed-sum-instrumented');
    expect(checks.text).toContain('\ninstrumented');
    expectChecks(checks, 3 * 7);
  });

  test('leaving out any barrier of mixed_sum is noticed', () => {
    expectChecks(check('mixed-sum-instrumented', 'mutants'), 1 + 2);
  });
});
