import { expect, test, vi } from 'vitest';
import PlainReporter from '../../scripts/plain-reporter.mjs';

/** The lines printed at the end of a run whose files hold tests with these states. */
function lastLines(files: { state: string; tests: string[] }[], errors: unknown[] = []): string[] {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const modules = files.map(({ state, tests }) => ({
      state: () => state,
      children: { allTests: () => tests.map((state) => ({ result: () => ({ state }) })) },
    }));
    new PlainReporter().onTestRunEnd(modules, errors);
    return write.mock.calls.join('').trim().split('\n');
  } finally {
    write.mockRestore();
  }
}

test('the last line of a test run is what passed and what failed, and nothing else', () => {
  expect(lastLines([{ state: 'passed', tests: ['passed', 'passed', 'skipped'] }])).toEqual([
    '1 skipped',
    '2 passed, 0 failed',
  ]);
  const failed = { state: 'failed', tests: ['failed', 'passed'] };
  expect(lastLines([failed, { state: 'failed', tests: [] }], [new Error()])).toEqual(['1 passed, 3 failed']);
});
