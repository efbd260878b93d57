// Prints one plain closing line that any CI can read, "N passed, N failed", and before it how many tests were skipped, if any.
export default class PlainReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) count[test.result().state]++;
      // A file that could not even be loaded has no tests, but it has failed.
      if (module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed'))
        count.failed++;
    }
    count.failed += unhandledErrors?.length ?? 0;
    const skipped = count.skipped + count.pending;
    process.stdout.write(`\n${skipped > 0 ? `${skipped} skipped\n` : ''}`);
    process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
  }
}
