// npm run golden -- DIR [--backend NAME]: checks all golden files below a folder, see checker.ts; on the backend native where it
// is built, since stock tfjs takes minutes.
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { inputError, isInputError } from '@unnas/random';
import { checkFolder } from './checker.ts';
import { selectBackend } from './select-backend.ts';

try {
  const { folder, backend } = options();
  await selectBackend(backend);
  console.log(`golden files in ${folder} on the backend ${tf.getBackend()}`);
  let passed = 0;
  let failed = 0;
  for (const verdict of checkFolder(folder)) {
    if (verdict.passed) passed++;
    else failed++;
    const { name, error, limit } = verdict.worst ?? { name: '', error: 0, limit: 0 };
    const worst = verdict.worst ? ` (${name}: ${error.toExponential(1)} of ${limit.toExponential(0)})` : '';
    console.log(`${verdict.passed ? 'passed' : 'FAILED'} ${verdict.file}${worst}`);
    for (const failure of verdict.failures.slice(0, 10)) console.log(`       ${failure}`);
    if (verdict.failures.length > 10) console.log(`       and ${verdict.failures.length - 10} more`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  if (!isInputError(error)) throw error;
  console.error(`golden: ${error.message}`);
  process.exitCode = 2;
}

function options(): { folder: string; backend: string | undefined } {
  let parsed: { positionals: string[]; values: { backend?: string } };
  try {
    parsed = parseArgs({ allowPositionals: true, options: { backend: { type: 'string' } } });
  } catch (error) {
    throw inputError((error as Error).message);
  }
  const [folder, ...others] = parsed.positionals;
  if (folder === undefined || others.length > 0) {
    throw inputError('expected one folder: npm run golden -- DIR [--backend cpu|native]');
  }
  return { folder, backend: parsed.values.backend };
}
