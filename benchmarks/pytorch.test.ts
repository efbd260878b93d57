import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compareVersions, findPython } from './pytorch.ts';

test('the newest PyTorch is found, not the first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unnas-python-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const python = async (name: string, version: string, loads = true) => {
    const path = join(folder, name);
    const answer = `case "$2" in *importlib*) echo ${version};; *) ${loads ? 'echo here' : 'exit 1'};; esac`;
    await writeFile(path, `#!/bin/sh\n${answer}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const old = await python('old', '1.13.0a0');
  const newer = await python('newer', '2.9.1+cpu');
  const newest = await python('newest', '2.13.0+cpu');
  const broken = await python('broken', '3.0.0', false);
  expect(findPython([old, newest, broken, newer, '/nowhere/python3'])).toEqual({
    command: newest,
    version: '2.13.0+cpu',
  });
  expect(findPython(['/nowhere/python3'])).toBeUndefined();
});

test('versions are compared by their numbers', () => {
  expect(compareVersions('2.9.1', '2.13.0')).toBeLessThan(0);
  expect(compareVersions('2.13.0+cpu', '1.13.0a0')).toBeGreaterThan(0);
  expect(compareVersions('2.13.0+cpu', '2.13.0')).toBe(0);
});
