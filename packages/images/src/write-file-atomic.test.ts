import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { failure, temporaryFolder } from '../fixtures/folders.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

test('replaces a file, text or bytes, and leaves nothing beside it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'file');
  await writeFileAtomic(path, 'first');
  await writeFileAtomic(path, new Uint8Array([1, 2, 3]).subarray(1));
  expect([...(await readFile(path))]).toEqual([2, 3]);
  await Promise.all(['a', 'b', 'c'].map((text) => writeFileAtomic(path, text)));
  expect(await readFile(path, 'utf8')).toMatch(/^[abc]$/);
  expect(await readdir(folder)).toEqual(['file']);
});

test('a failure leaves what was there', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'name'));
  expect(await failure(writeFileAtomic(join(folder, 'name'), 'text'))).toMatchObject({ syscall: 'rename' });
  expect(await failure(writeFileAtomic(join(folder, 'none', 'file'), 'text'))).toMatchObject({
    code: 'ENOENT',
  });
  expect(await readdir(folder)).toEqual(['name']);
});

test('a disk with room for half of it is an error, and the old content stays', async ({ skip }) => {
  const disk = await temporaryFolder();
  const write = `
    const { writeFileAtomic } = await import(${JSON.stringify(pathToFileURL(fileURLToPath(new URL('write-file-atomic.ts', import.meta.url))).href)});
    const path = process.env.DISK + '/file';
    await writeFileAtomic(path, 'o'.repeat(40000));
    const error = await writeFileAtomic(path, 'n'.repeat(40000)).catch((error) => error);
    const { readFileSync, readdirSync } = await import('node:fs');
    const text = readFileSync(path, 'utf8');
    console.log(JSON.stringify({ code: error?.code, old: text === 'o'.repeat(40000), files: readdirSync(process.env.DISK) }));`;
  const loader = pathToFileURL(
    fileURLToPath(new URL('../../../scripts/typescript.mjs', import.meta.url)),
  ).href;
  const shell = (script: string) =>
    spawnSync(
      'unshare',
      ['--map-root-user', '--mount', 'sh', '-c', `mount -t tmpfs -o size=65536 tmpfs "$DISK" && ${script}`],
      {
        encoding: 'utf8',
        env: { ...process.env, DISK: disk, NODE: process.execPath, LOADER: loader, WRITE: write },
      },
    );
  if (shell('true').status !== 0)
    skip('mounting a small file system is not allowed here: a full disk is NOT tested');
  const { stdout, stderr } = shell('"$NODE" --import "$LOADER" --input-type=module -e "$WRITE"');
  expect({ stderr, ...JSON.parse(stdout || '{}') }).toEqual({
    stderr: '',
    code: 'ENOSPC',
    old: true,
    files: ['file'],
  });
});
