import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Random } from '@unnas/random';
import { expect, test } from 'vitest';
import { start, temporaryFolder, unnas } from './command-line.ts';
import { cutPhotos } from './photos.ts';
import { bits, log, tinySearch } from './tiny-search.ts';

async function setUp() {
  const folder = await temporaryFolder();
  const photos = await cutPhotos(join(folder, 'photos'), 4);
  return { folder, photos, place: { env: { UNNAS_CACHE: join(folder, 'cache') } } };
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test('a search that is killed at random moments and resumed ends with the bits of one that was not', async () => {
  const { folder, photos, place } = await setUp();
  const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
  expect(await unnas(tinySearch(photos, whole), place)).toMatchObject({ code: 0 });

  // Other moments in each run of the tests; the seed in the message finds them again.
  const seed = Date.now();
  const random = Random.of(seed, 'kill');
  const begin = tinySearch(photos, cut, '--checkpoint-every', '1', '--json');
  const resume = ['search', '--resume', cut, '--checkpoint-every', '1', '--json'];
  let killed = 0;
  for (let tries = 0; tries < 5; tries++) {
    const run = start((await isThere(cut)) ? resume : begin, place);
    const ended = await Promise.race([run.event('begun').then(() => undefined), run.ended]);
    if (ended) break;
    await Promise.race([setTimeout(random.between(0, 700)), run.ended]);
    run.child.kill('SIGKILL');
    const { code, signal, stderr } = await run.ended;
    if (signal === null) {
      expect({ seed, code, stderr }).toMatchObject({ code: 0 });
      break;
    }
    killed++;
  }
  expect(killed).toBeGreaterThan(0);
  if (!(await isThere(cut))) expect(await unnas(begin, place), `seed ${seed}`).toMatchObject({ code: 0 });
  else expect(await unnas(resume, place), `seed ${seed}`).toMatchObject({ code: 0 });

  expect(await bits(cut), `seed ${seed}`).toEqual(await bits(whole));
  expect(await log(cut), `seed ${seed}`).toEqual(await log(whole));
  expect(await readFile(join(cut, 'genotype.json'))).toEqual(await readFile(join(whole, 'genotype.json')));
});

test('a search that is stopped at once names the command to go on only where there is something to go on with', async () => {
  const { folder, photos, place } = await setUp();
  const cut = join(folder, 'cut');
  const run = start(tinySearch(photos, cut, '--json'), place);
  await run.event('begun');
  run.child.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  expect(code).toBe(130);
  const there = await isThere(join(cut, 'config.json'));
  expect(stderr.includes('--resume')).toBe(there);
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    event: 'stopped',
    folder: there ? cut : null,
  });
});

// Once more where other work on the machine has kept the process from running.
test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s stops a search within a second, with the command to go on',
  { retry: 2 },
  async (signal, exitCode) => {
    const { folder, photos, place } = await setUp();
    const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
    const many = ['--epochs', '40'];
    const run = start(tinySearch(photos, cut, ...many, '--json'), place);
    await run.event('epoch');
    const sent = performance.now();
    run.child.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    expect(performance.now() - sent).toBeLessThan(1000);
    expect(code).toBe(exitCode);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      event: 'stopped',
      signal,
      folder: cut,
    });
    expect(stderr).toContain(`search --resume ${cut}`);
    expect(stderr).not.toContain('Error');

    if (signal === 'SIGTERM') return;
    expect(await unnas(['search', '--resume', cut], place)).toMatchObject({ code: 0 });
    expect(await unnas(tinySearch(photos, whole, ...many), place)).toMatchObject({ code: 0 });
    expect(await bits(cut)).toEqual(await bits(whole));
  },
);
