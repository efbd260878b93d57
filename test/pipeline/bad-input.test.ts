import { spawnSync } from 'node:child_process';
import { access, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { commandLine, start, temporaryFolder, unnas } from './command-line.ts';
import { cutPhotos } from './photos.ts';
import { bits, log, tinySearch } from './tiny-search.ts';

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Runs a search that must be refused: exit code 2, one sentence, no run folder. Gives the sentence. */
async function refusal(folder: string, ...args: string[]): Promise<string> {
  const out = join(folder, 'run');
  const { code, stdout, stderr } = await unnas(['search', '--out', out, ...args], {
    env: { UNNAS_CACHE: join(folder, 'cache') },
  });
  expect({ code, stdout, stderr }).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^unnas: .+\n$/),
  });
  expect(stderr).not.toMatch(/\n\s+at /);
  expect((await readdir(folder)).filter((name) => name.startsWith('run'))).toEqual([]);
  return stderr;
}

describe('what cannot be searched is refused in a sentence, and leaves no folder', () => {
  test('a folder that is missing, empty, or without pictures', async () => {
    const folder = await temporaryFolder();
    expect(await refusal(folder, '--data', join(folder, 'none'))).toContain(join(folder, 'none'));
    expect(await refusal(folder, '--data', 'cifar')).toContain("did you mean 'cifar10'?");
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect(await refusal(folder, '--data', empty)).toContain(empty);
    await writeFile(join(empty, 'notes.txt'), 'no picture');
    expect(await refusal(folder, '--data', empty)).toMatch(/jpg|png/);
  });

  test('more broken files than may be, and pictures of one colour', async () => {
    const folder = await temporaryFolder();
    const photos = await cutPhotos(join(folder, 'photos'), 2);
    const [first, second] = (await readdir(join(photos, 'tool'))).map((file) => join(photos, 'tool', file));
    await truncate(first!, 1000);
    await writeFile(second!, 'no picture at all');
    const sentence = await refusal(
      folder,
      '--data',
      photos,
      '--size',
      '8',
      '--batch',
      '2',
      '--max-broken',
      '0.05',
    );
    expect(sentence).toMatch(/2 of the 12/);
    expect(sentence).toContain(first!.slice(photos.length + 1));

    const grey = join(folder, 'grey');
    await mkdir(grey);
    const create = { width: 8, height: 8, channels: 3 as const, background: '#888' };
    for (let i = 0; i < 8; i++)
      await sharp({ create })
        .png()
        .toFile(join(grey, `${i}.png`));
    expect(await refusal(folder, '--data', grey, '--size', '8')).toContain('same colour');
  });

  test('a truncated file of CIFAR-10', async () => {
    const folder = await temporaryFolder();
    const cifar = join(folder, 'cifar');
    await mkdir(cifar);
    for (const file of [
      'data_batch_1',
      'data_batch_2',
      'data_batch_3',
      'data_batch_4',
      'data_batch_5',
      'test_batch',
    ]) {
      await writeFile(join(cifar, `${file}.bin`), '');
      await truncate(join(cifar, `${file}.bin`), 30_730_000); // sparse: takes no room
    }
    await truncate(join(cifar, 'data_batch_2.bin'), 1_000_000);
    const sentence = await refusal(folder, '--data', cifar);
    expect(sentence).toContain('data_batch_2.bin');
    expect(sentence).toContain('30730000');
    expect(sentence).toContain('1000000');
  });

  test('settings that do not fit the pictures or each other', async () => {
    const folder = await temporaryFolder();
    const photos = await cutPhotos(join(folder, 'photos'), 2);
    const data = ['--data', photos, '--size', '8', '--cells', '2', '--channels', '2'];
    expect(await refusal(folder, ...data, '--batch', '7')).toMatch(/batch of 7 .* 6 of the 12/);
    expect(await refusal(folder, ...data, '--limit', '13')).toMatch(/13 .* 12/);
    expect(await refusal(folder, ...data, '--channels', '3')).toMatch(/even/);
    expect(
      await refusal(folder, ...data, '--task', 'classification', '--classes', '2', '--batch', '2'),
    ).toMatch(/3 classes/);
    expect(await refusal(folder, ...data, '--classes', '4')).toContain('--classes');
    expect(await refusal(folder, ...data, '--samples', '4')).toContain('--samples');
    expect(await refusal(folder, ...data, '--epochs', '2', '--alpha-start', '2', '--batch', '2')).toContain(
      'never move',
    );
    expect(await refusal(folder, '--epoch', '4')).toContain("did you mean '--epochs'?");
    expect(await refusal(folder, 'photos')).toContain("'photos'");
    expect(await refusal(folder, ...data, '--backend', 'cuda')).toContain('cuda');
  });

  test('a run folder that cannot be made', async () => {
    const folder = await temporaryFolder();
    const photos = await cutPhotos(join(folder, 'photos'), 2);
    const search = tinySearch(photos, join(photos, 'README', 'run'), '--batch', '2');
    await writeFile(join(photos, 'README'), 'a file');
    const place = { env: { UNNAS_CACHE: join(folder, 'cache') } };
    expect(await unnas(search, place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('README is a file'),
    });
    const full = await unnas(tinySearch(photos, photos), place);
    expect(full).toMatchObject({ code: 2, stderr: expect.stringContaining('not empty') });
  });
});

describe('a run that cannot go on', () => {
  test('is refused where there is none, where it is of another version, damaged, or in use', async () => {
    const folder = await temporaryFolder();
    const photos = await cutPhotos(join(folder, 'photos'), 4);
    const place = { env: { UNNAS_CACHE: join(folder, 'cache') } };
    const run = join(folder, 'run');
    const resume = ['search', '--resume', run];
    expect(await unnas(resume, place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds no run'),
    });

    const first = start(tinySearch(photos, run, '--json', '--epochs', '1000'), place);
    await first.event('epoch');
    expect(await unnas(resume, place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('in use by process'),
    });
    first.child.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 143 });

    expect(await unnas([...resume, '--seed', '1'], place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--seed'),
    });
    const checkpoint = join(run, 'checkpoint.safetensors');
    const whole = await readFile(checkpoint);
    await truncate(checkpoint, whole.length - 100);
    expect(await unnas(resume, place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('checkpoint.safetensors'),
    });
    await writeFile(checkpoint, whole);

    const report = join(run, 'report.html');
    await rm(report, { force: true });
    await mkdir(report);
    expect(await unnas(['report', run], place)).toMatchObject({
      code: 2,
      stderr: `unnas: cannot write ${report}: it is a folder\n`,
    });

    const config = join(run, 'config.json');
    const text = await readFile(config, 'utf8');
    await writeFile(config, JSON.stringify({ ...JSON.parse(text), version: 99 }));
    expect(await unnas(resume, place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('version 99'),
    });
    await writeFile(config, '{"format":');
    expect(await unnas(['report', run], place)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('config.json'),
    });
  });

  test('losses that are not finite end it, with a sentence', async () => {
    const folder = await temporaryFolder();
    const photos = await cutPhotos(join(folder, 'photos'), 4);
    const search = tinySearch(photos, join(folder, 'run'), '--learning-rate', '1e30');
    const { code, stderr } = await unnas(search, { env: { UNNAS_CACHE: join(folder, 'cache') } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/loss/);
  });
});

test('broken files within the allowed share are left out and named', async () => {
  const folder = await temporaryFolder();
  const photos = await cutPhotos(join(folder, 'photos'), 4);
  await truncate(join(photos, 'tool', 'hammer5-0.png'), 1000);
  const run = join(folder, 'run');
  const { code, stdout, stderr } = await unnas(tinySearch(photos, run, '--epochs', '1', '--size', '9'), {
    env: { UNNAS_CACHE: join(folder, 'cache') },
  });
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('tool/hammer5-0.png') });
  expect(stdout).toContain('23 pictures of 9 x 9'); // odd sizes are fine
  expect(await readFile(join(run, 'report.html'), 'utf8')).toContain('hammer5-0.png');
});

/** Runs a script with `$DISK` a small file system of its own; undefined where this machine does not let us mount one. */
function onSmallDisk(disk: string, size: string, script: string, env: Record<string, string>) {
  const mount = `mount -t tmpfs -o size=${size} tmpfs "$DISK"`;
  const shell = (text: string) =>
    spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', text], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', DISK: disk, ...env },
    });
  return shell(mount).status === 0 ? shell(`${mount} && ${script}`) : undefined;
}

test('a full disk stops a run with a sentence; with room again it goes on to the same bits', async ({
  skip,
}) => {
  const folder = await temporaryFolder();
  const photos = await cutPhotos(join(folder, 'photos'), 4);
  const env = { UNNAS_CACHE: join(folder, 'cache') };
  const [whole, saved, disk] = ['whole', 'saved', 'disk'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(disk);
  expect(await unnas(tinySearch(photos, whole), { env })).toMatchObject({ code: 0 });
  const { length } = await readFile(join(whole, 'checkpoint.safetensors'));

  const quoted = (args: string[]) =>
    commandLine(args)
      .map((part) => `'${part}'`)
      .join(' ');
  const run = join(disk, 'run');
  // Room for one checkpoint, and not for a second beside it.
  const result = onSmallDisk(
    disk,
    `${Math.round(1.7 * length)}`,
    `${quoted(tinySearch(photos, run))}; echo "code $?"
     mount -o remount,size=64m "$DISK"; ls "$DISK/run"
     ${quoted(['search', '--resume', run])} && cp -r "$DISK/run" '${saved}'`,
    env,
  );
  if (result === undefined)
    skip('mounting a small file system is not allowed here: a full disk is NOT tested');
  expect(result).toMatchObject({ status: 0, stdout: expect.stringContaining('code 2') });
  expect(result!.stderr).toContain('the disk is full');
  expect(await bits(saved)).toEqual(await bits(whole));
  expect(await log(saved)).toEqual(await log(whole));
});

test('a read-only folder is refused in a sentence', async ({ skip }) => {
  const folder = await temporaryFolder();
  const photos = await cutPhotos(join(folder, 'photos'), 4);
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const search = commandLine(tinySearch(photos, join(disk, 'run'))).map((part) => `'${part}'`);
  const result = onSmallDisk(
    disk,
    '1m',
    `mount -o remount,ro "$DISK" && ${search.join(' ')}; echo "code $?"`,
    {
      UNNAS_CACHE: join(folder, 'cache'),
    },
  );
  if (result === undefined)
    skip('mounting a file system is not allowed here: a read-only folder is NOT tested');
  expect(result!.stdout).toContain('code 2');
  expect(result!.stderr).toMatch(/unnas: cannot write into .*run: writing or reading is not allowed there/);
  expect(await isThere(join(disk, 'run'))).toBe(false);
});
