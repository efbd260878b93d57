// node run-specs.mjs BUNDLE RESULTS [NAMES]: runs the specs of a bundle in their order, or only those named in the JSON file
// NAMES, and writes [name, status, message] of each to the JSON file RESULTS. A process of its own: tfjs is global state.
import { readFileSync, writeFileSync } from 'node:fs';
import Jasmine from 'jasmine';

const [bundle, results, names] = process.argv.slice(2);
const wanted = names && new Set(JSON.parse(readFileSync(names, 'utf8')));
const specs = [];

const runner = new Jasmine();
runner.exitOnCompletion = false;
runner.clearReporters();
runner.addReporter({
  specDone: ({ fullName, status, failedExpectations }) => {
    // What a filter leaves out is 'excluded'; what the suite itself leaves out is 'pending'.
    if (status !== 'excluded') specs.push([fullName, status, failedExpectations[0]?.message ?? '']);
  },
});
runner.env.configure({
  random: false,
  ...(wanted ? { specFilter: (spec) => wanted.has(spec.getFullName()) } : {}),
});
await runner.execute([bundle]);
writeFileSync(results, JSON.stringify(specs));
