import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PNPM } from '../../scripts/setup.mjs';
import { cutPhotos } from '../pipeline/photos.ts';

// The packages as a stranger gets them: packed, installed with npm into an empty project, no workspace around.

const root = fileURLToPath(new URL('../..', import.meta.url));
let project: string;

// Installing, and fetching CIFAR-10 where it is not there yet, take their time.
const TIMEOUT_MS = 600_000;

const execute = promisify(execFile);
/** Runs a command to its end; a failure shows what it said. */
async function run(command: string, args: string[], cwd = project) {
  try {
    return await execute(command, args, { cwd, maxBuffer: 2 ** 26, timeout: TIMEOUT_MS });
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** The first block of the README in a language. */
async function readmeBlock(language: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = readme.match(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'm'))?.[1];
  if (block === undefined) throw new Error(`the README has no ${language} block`);
  return block;
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'unnas-packed-'));
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], root);
  const folders = (await readdir(join(root, 'packages'))).map((name) => join(root, 'packages', name));
  for (const folder of [...folders, join(root, 'native')]) {
    await run('npx', ['--yes', `pnpm@${PNPM}`, 'pack', '--pack-destination', project], folder);
  }
  const archives = (await readdir(project))
    .filter((file) => file.endsWith('.tgz'))
    .map((file) => `./${file}`);
  expect(archives).toHaveLength(folders.length + 1);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...archives]);
}, TIMEOUT_MS);

afterAll(async () => {
  if (project) await rm(project, { recursive: true, force: true });
});

test('the install brings neither tests nor the optional tensorflow backend', async () => {
  const installed = await readdir(join(project, 'node_modules', '@tensorflow'));
  expect(installed).toContain('tfjs');
  expect(installed).not.toContain('tfjs-node-gpu');
  const own = join(project, 'node_modules', '@unnas', 'genotype');
  const files = await readdir(own, { recursive: true });
  expect(files).toContain(join('dist', 'index.d.ts'));
  expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
});

test("the README's library example runs, and its types hold", { timeout: TIMEOUT_MS }, async () => {
  const example = await readmeBlock('js');
  await writeFile(join(project, 'example.js'), example);
  const { stdout } = await run(process.execPath, ['example.js']);
  expect(stdout).toMatch(/^computing with (native|cpu)\nepoch 1: loss \d/);
  expect(stdout).toMatch(/as a network for CIFAR-10: \d+ parameters, \d+ multiply-adds/);
  expect(await readdir(join(project, 'runs', 'readme'))).toEqual(
    expect.arrayContaining([
      'checkpoint.safetensors',
      'config.json',
      'genotype.json',
      'log.jsonl',
      'report.html',
    ]),
  );

  // With the declarations that were packed; a literal is all that a checker needs to be told of.
  await writeFile(
    join(project, 'example.ts'),
    example.replace("stem: 'cifar', classes", "stem: 'cifar' as const, classes"),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
  ];
  await run(process.execPath, [
    tsc,
    ...options,
    '--typeRoots',
    join(root, 'node_modules/@types'),
    'example.ts',
  ]);
});

test("the README's command lines run, one after the other", { timeout: TIMEOUT_MS }, async () => {
  await cutPhotos(join(project, 'photos'), 4);
  const lines = (await readmeBlock('sh')).trim().split('\n');
  expect(lines.length).toBeGreaterThan(3);
  const outputs: string[] = [];
  for (const line of lines) {
    expect(line).toMatch(/^npx unnas /);
    const [command, ...args] = line.split(' ');
    outputs.push((await run(command!, ['--no-install', ...args])).stdout);
  }
  expect(outputs.at(-1)).toContain('bit for bit');
});
