import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const module = pathToFileURL(join(import.meta.dirname, '../../scripts/system-packages.mjs')).href;

/** A machine with these programs alone on its path; `apt-get` notes how it was called and may put other programs there. */
async function machine(programs: Record<string, string>, uid: number) {
  const bin = await mkdtemp(join(tmpdir(), 'unnas-machine-'));
  onTestFinished(() => rm(bin, { recursive: true, force: true }));
  for (const tool of ['sh', 'cp', 'chmod', 'echo']) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    if (stdout.startsWith('/')) await symlink(stdout.trim(), join(bin, tool));
  }
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!${join(bin, 'sh')}\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const code = `
    process.getuid = () => ${uid};
    const { ensureBuildTools } = await import(${JSON.stringify(module)});
    ensureBuildTools({
      say: (sentence) => console.log('say:', sentence),
      stop: (sentence) => { console.log('stop:', sentence); process.exit(1); },
    });
    console.log('ready');`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { PATH: bin, BIN: bin },
  });
  const calls = await readFile(join(bin, 'calls'), 'utf8').catch(() => '');
  return { stdout, status, calls: calls.trim().split('\n') };
}

const ok = 'exit 0';
const aptGet =
  'echo "$0 $*" >> "$BIN/calls"; if [ "$1" = install ]; then cp "$BIN/tool" "$BIN/cmake"; cp "$BIN/tool" "$BIN/c++"; fi';

test('does nothing where all tools are there', async () => {
  const { stdout, calls } = await machine({ cmake: ok, 'c++': ok, ninja: ok, 'apt-get': aptGet }, 0);
  expect(stdout).toBe('ready\n');
  expect(calls).toEqual(['']);
});

test('root installs what is missing, and no more', async () => {
  const { stdout, calls } = await machine({ tool: ok, make: ok, 'apt-get': aptGet }, 0);
  expect(stdout).toContain('cmake and a C++ compiler not found: installing cmake, g++');
  expect(stdout).toContain('ready');
  expect(calls.at(-1)).toMatch(/apt-get install -y --no-install-recommends cmake g\+\+$/);
});

test('a user with sudo that asks for no password installs through it', async () => {
  const sudo = 'if [ "$2" = true ]; then exit 0; fi; shift; echo sudo >> "$BIN/calls"; exec "$@"';
  const { stdout, calls } = await machine({ true: ok, tool: ok, make: ok, sudo, 'apt-get': aptGet }, 1000);
  expect(stdout).toContain('ready');
  expect(calls).toContain('sudo');
});

test('another user is told the exact command', async () => {
  const { stdout, status, calls } = await machine({ make: ok, 'apt-get': aptGet, sudo: 'exit 1' }, 1000);
  expect(status).toBe(1);
  expect(stdout).toContain(
    "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends cmake g++'",
  );
  expect(stdout).toContain('UNNAS_NATIVE=off');
  expect(calls.filter((call) => call.includes('install'))).toEqual([]);
});

test('where the installation fails, the command is told too', async () => {
  const { stdout, status } = await machine({ make: ok, 'apt-get': '[ "$1" = --version ]' }, 0);
  expect(status).toBe(1);
  expect(stdout).toContain('could not be installed');
  expect(stdout).toContain('apt-get install -y --no-install-recommends cmake g++');
});
