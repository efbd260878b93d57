import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fingerprint } from '../../scripts/fingerprint.mjs';

test('a fingerprint changes with the content and the path of a source, and with nothing else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'unnas-fingerprint-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'src'));
  await mkdir(join(root, 'node_modules'));
  await writeFile(join(root, 'src/a.ts'), 'one');
  const take = (...values: unknown[]) => fingerprint(root, [/^src\//, 'package.json'], ...values);
  const first = take();
  expect(take()).toBe(first);
  await utimes(join(root, 'src/a.ts'), 1, 1);
  await writeFile(join(root, 'node_modules/src.ts'), 'made');
  await writeFile(join(root, 'other.md'), 'no source');
  expect(take()).toBe(first);
  expect(take('setting')).not.toBe(first);
  await writeFile(join(root, 'src/a.ts'), 'two');
  const second = take();
  expect(second).not.toBe(first);
  await writeFile(join(root, 'package.json'), '{}');
  expect(take()).not.toBe(second);
});
