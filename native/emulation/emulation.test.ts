import { beforeAll, describe, expect, test } from 'vitest';
import { build, check, findNvcc, missingTools } from './emulation.ts';

const missing = missingTools();
if (missing.length > 0)
  console.warn(`The CUDA kernels are NOT tested: ${missing.join(', ')} not found on this machine.`);

const nvcc = missing.length === 0 ? findNvcc() : {};
if (nvcc.command === undefined)
  console.warn('The CUDA kernels are NOT tested as nvcc compiles them: it was not found.');
else if (nvcc.broken !== undefined)
  console.warn(
    `The CUDA kernels are NOT tested as nvcc compiles them: ${nvcc.command} is broken.\n${nvcc.broken}`,
  );

/** All checks passed, and there were at least so many of them. */
const expectChecks = ({ status, passed, failed, text }: ReturnType<typeof check>, least: number) => {
  expect(failed, text).toEqual([]);
  expect(status, text).toBe(0);
  expect(passed.length).toBeGreaterThanOrEqual(least);
};

describe.skipIf(missing.length > 0)('CUDA kernels in the emulation', () => {
  beforeAll(() => {
    build([
      'planted-faults-plain',
      'planted-faults-instrumented',
      'mixed-sum-plain',
      'mixed-sum-instrumented',
    ]);
  }, 600_000);

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

test.runIf(process.env.CI === 'true' && nvcc.command !== undefined)('nvcc works', () => {
  expect(nvcc.broken).toBeUndefined();
});

describe.skipIf(nvcc.command === undefined || nvcc.broken !== undefined)(
  'CUDA kernels as nvcc compiles them',
  () => {
    beforeAll(() => build(['ptx-planted-faults', 'ptx-mixed-sum'], nvcc.command), 600_000);

    test('the PTX machine finds planted faults, and none in kernels without one', () => {
      const checks = check('ptx-planted-faults');
      expectChecks(checks, 12);
      expect(checks.text).toMatch(/race: buffer_reused_too_early block .* at planted-faults\.cuh:\d+/);
    });

    test('mixed_sum is right, from host code to PTX', () => {
      expectChecks(check('ptx-mixed-sum'), 7);
    });
  },
);
