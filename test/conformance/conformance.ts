import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BackendName, bundle } from './bundle.ts';
import { type Outcomes, outcomesOf, regressions } from './outcomes.ts';

export interface Report {
  readonly stock: Outcomes;
  readonly native: Outcomes;
  /** Specs that pass on stock tfjs and fail on the native backend each time. */
  readonly regressions: readonly string[];
}

/** The script stands beside the sources; the compiled form of this file stands in dist/conformance/. */
const script = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './run-specs.mjs' : '../../conformance/run-specs.mjs',
    import.meta.url,
  ),
);
const start = promisify(execFile);

/** How often a spec may fail before it counts: tfjs's own specs of random numbers fail now and then by chance. */
const TRIES = 3;

/** Runs the specs of tfjs-core on its own backend `cpu` and on `native`, in the same manner, and compares spec by spec. */
export async function conformance(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'unnas-conformance-'));
  try {
    const [stock, native] = await Promise.all([runSpecs('cpu', folder), runSpecs('native', folder)]);
    let failing = regressions(stock, native);
    for (let i = 1; i < TRIES && failing.length > 0; i++) {
      const again = await runSpecs('native', folder, failing);
      failing = failing.filter((name) => again.get(name)?.status !== 'passed');
    }
    return { stock, native, regressions: failing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runSpecs(backend: BackendName, folder: string, only?: readonly string[]): Promise<Outcomes> {
  const specs = await bundle(backend, folder);
  const results = join(folder, `${backend}.json`);
  const names = join(folder, `${backend}-names.json`);
  // Specs of one name are told apart by their order, so all of that name run again.
  if (only) writeFileSync(names, JSON.stringify(only.map((name) => name.replace(/ #\d+$/, ''))));
  await start(process.execPath, [script, specs, results, ...(only ? [names] : [])], { maxBuffer: 1 << 26 });
  return outcomesOf(JSON.parse(readFileSync(results, 'utf8')));
}
