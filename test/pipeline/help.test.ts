import { expect, test } from 'vitest';
import { unnas } from './command-line.ts';

test('the help names every command, and each command its options', async () => {
  const { code, stdout } = await unnas(['--help']);
  expect(code).toBe(0);
  const names = [...stdout.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name!);
  expect(names).toEqual(
    expect.arrayContaining(['search', 'report', 'compare', 'repro', 'data', 'bench', 'doctor']),
  );
  for (const name of ['search', 'compare', 'bench', 'doctor']) {
    const help = await unnas([name, '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain(`Usage: unnas ${name}`);
    expect(help.stdout).toContain('--json');
    expect(Math.max(...help.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  }
});

test('a misspelt option before the command is answered with the right one', async () => {
  expect(await unnas(['--hepl'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean '--help'?"),
  });
});

test('--version says the version', async () => {
  expect(await unnas(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('doctor tells of Node, the addon, CUDA and the data, and what is missing with how to get it', async () => {
  const { code, stdout, stderr } = await unnas(['doctor', '--json'], { env: { UNNAS_CACHE: '/nowhere' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({ event: 'doctor', node: process.version, cifar10: false, cache: '/nowhere' });
  expect(found.missing).toContainEqual({
    what: 'CIFAR-10',
    get: expect.stringContaining('unnas data cifar10'),
  });
  expect(found.addon.loaded === true || typeof found.addon.reason === 'string').toBe(true);
  expect((await unnas(['doctor'])).stdout).toContain(process.version);
});
