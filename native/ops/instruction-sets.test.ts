import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describe as describeAddon } from '../addon.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/** Best last. A process uses one set; the tests beside this one run with the best that the machine has. */
const sets = ['baseline', 'avx2', 'avx512'];
const lesser = process.env.UNNAS_ISA ? [] : sets.slice(0, sets.indexOf(describeAddon().isa));

describe.runIf(lesser.length > 0)('the kernels of lesser instruction sets', () => {
  it.each(lesser)(
    '%s passes the tests of the kernels',
    (isa) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        // One process for all files: most of their time would be the loading of tfjs.
        [vitest, 'run', 'native/ops', '--no-isolate', '--maxWorkers=1'],
        {
          cwd: root,
          encoding: 'utf8',
          env: { ...process.env, UNNAS_ISA: isa, NO_COLOR: '1' },
        },
      );
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toMatch(/\b\d\d+ passed/);
    },
    300_000,
  );
});
