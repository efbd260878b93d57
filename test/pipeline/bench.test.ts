import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, unnas } from './command-line.ts';

const TINY = ['--cells', '1', '--channels', '2', '--size', '6', '--batch', '2', '--steps', '2'];

test('bench step prints one JSON line on every backend', async () => {
  for (const [backend, env] of [
    ['native', {}],
    ['cpu', { UNNAS_NATIVE: 'off' }],
  ] as const) {
    const args = ['bench', 'step', '--backend', backend, ...TINY, '--kind', 'alpha', '--seed', '3', '--json'];
    const { code, stdout } = await unnas(args, { env });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const line = JSON.parse(stdout);
    expect(line).toMatchObject({ event: 'step', backend, kind: 'alpha', seed: 3, batch: 2, size: 6 });
    expect(line.milliseconds).toHaveLength(2);
    const numbers = ['firstMilliseconds', 'peakResidentMiB', 'imagesPerSecond', 'parameters'];
    for (const name of numbers) expect(line[name]).toBeGreaterThan(0);
    expect(line.threads !== null && line.isa !== null && line.ceilings !== null).toBe(backend === 'native');
  }
});

test('bench derived takes a published genotype in any case, or a file', async () => {
  const { code, stdout } = await unnas(['bench', 'derived', ...TINY, '--genotype', 'DARTS_V2']);
  expect(code).toBe(0);
  expect(stdout).toContain('weight, darts_v2: 1 cells, 2 channels');
});

test('bench writes a page, and compares itself with an earlier run', async () => {
  const folder = await temporaryFolder();
  const [earlier, page] = [join(folder, 'earlier.json'), join(folder, 'page.html')];
  const first = await unnas(['bench', 'step', ...TINY, '--json']);
  await writeFile(earlier, first.stdout);
  const args = ['bench', 'step', ...TINY, '--html', page, '--baseline', earlier, '--json'];
  const { code, stdout } = await unnas(args);
  expect(code).toBe(0);
  const [step, baseline] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(step).toMatchObject({ event: 'step' });
  expect(baseline.event).toBe('baseline');
  const names = baseline.ratios.map(({ name }: { name: string }) => name.replace(/.*: /, ''));
  expect(names).toEqual(['share of multiply-adds', 'peak MiB', 'first step over median']);
  const html = await readFile(page, 'utf8');
  expect(html).toContain('Beside an earlier run');
  expect(html).toContain('unnas bench step --cells 1');
});

describe('what cannot be measured is refused in a sentence', () => {
  test.each([
    ['nothing named', [], 'what to measure'],
    ['another part', ['stap'], "did you mean 'step'?"],
    ['another kind', ['step', '--kind', 'third-order'], '--kind takes weight, alpha, second-order'],
    ['an odd number of channels', ['step', '--channels', '3'], 'even'],
    ['no steps', ['step', '--steps', '0'], 'at least 1'],
    [
      'an option of another part',
      ['derived', '--kind', 'alpha'],
      '--kind is no option of unnas bench derived',
    ],
    ['threads of another backend', ['step', '--backend', 'cpu', '--threads', '2'], 'and this is cpu'],
    ['kernels of another backend', ['kernels', '--backend', 'cpu'], 'and this is cpu'],
    ['a baseline that is not there', ['step', '--baseline', '/nowhere.json'], "no file '/nowhere.json'"],
    ['a genotype that is not there', ['derived', '--genotype', 'darts_v2x'], "did you mean 'darts_v2'?"],
  ])('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await unnas(['bench', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^unnas: .+\n$/);
    expect(stderr).toContain(sentence);
  });

  test('a file without a genotype', async () => {
    const file = join(await temporaryFolder(), 'cell.json');
    await writeFile(file, '{"normal": 3}');
    const { code, stderr } = await unnas(['bench', 'derived', '--genotype', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file} holds no genotype: expected`);
  });
});
