import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseGenotype } from '@unnas/genotype';
import { expect, test } from 'vitest';
import { temporaryFolder, unnas } from './command-line.ts';
import { cutPhotos } from './photos.ts';
import { bits, log, tinySearch } from './tiny-search.ts';

test('a search leaves a run folder, says what it does, and comes out the same with one thread, with two, and again', async () => {
  const folder = await temporaryFolder();
  const photos = await cutPhotos(join(folder, 'photos'), 4);
  const cache = { env: { UNNAS_CACHE: join(folder, 'cache') } };
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];

  const person = await unnas(tinySearch(photos, one), { env: { ...cache.env, UNNAS_THREADS: '1' } });
  expect(person).toMatchObject({ code: 0 });
  expect(person.stdout).toMatch(/backend native \(\w+, 1 thread\)/);
  expect(person.stdout.match(/^epoch \d\/3 {2}loss \d/gm)).toHaveLength(3);
  expect(person.stdout).toContain('rotation on 24 pictures of 8 x 8');
  expect(person.stdout).toMatch(/normal +node 2 = \w+\(\d\) \+ \w+\(\d\)/);
  expect(person.stdout).toContain(join(one, 'report.html'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(person.stdout + person.stderr).not.toMatch(/\u001b/);
  expect((await readdir(one)).sort()).toEqual([
    'checkpoint.safetensors',
    'config.json',
    'genotype.json',
    'log.jsonl',
    'report.html',
  ]);
  const genotype = parseGenotype(await readFile(join(one, 'genotype.json'), 'utf8'));
  expect(genotype.normal).toHaveLength(8);
  const html = await readFile(join(one, 'report.html'), 'utf8');
  expect(html).toContain('<svg');
  expect(html).not.toMatch(/(src|href)="(?!#|data:)/); // one self-contained file

  const program = await unnas(tinySearch(photos, two, '--threads', '2', '--json'), cache);
  expect(program).toMatchObject({ code: 0 });
  const events = program.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ event: 'begun', task: 'rotation', pictures: 24, chance: 0.25 });
  expect(events.filter(({ event }) => event === 'epoch').map(({ record }) => record.epoch)).toEqual([
    1, 2, 3,
  ]);
  expect(events.at(-1)).toMatchObject({ event: 'ended', outcome: 'finished', genotype });

  expect(await bits(two)).toEqual(await bits(one));
  expect(await log(two)).toEqual(await log(one));
  expect(await unnas(['repro', one], cache)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('bit for bit'),
  });
});
