import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseGenotype } from '@unnas/genotype';
import { expect, test } from 'vitest';
import { start, temporaryFolder, unnas } from './command-line.ts';
import { cutPhotos } from './photos.ts';
import { bits, log, tinySearch } from './tiny-search.ts';

test('a run is compared with random cells: killed and gone on with, it comes out as in one go', async () => {
  const folder = await temporaryFolder();
  const photos = await cutPhotos(join(folder, 'photos'), 4);
  const place = { env: { UNNAS_CACHE: join(folder, 'cache') } };
  const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
  expect(await unnas(tinySearch(photos, whole, '--epochs', '1'), place)).toMatchObject({ code: 0 });
  await cp(whole, cut, { recursive: true });
  const settings = ['--samples', '3', '--epochs', '2', '--limit', '20'];

  const person = await unnas(['compare', whole, ...settings, '--threads', '1'], place);
  expect(person).toMatchObject({ code: 0 });
  expect(person.stdout).toMatch(/random cell/);
  expect(person.stdout).toContain(join(whole, 'report.html'));
  const outcome = await readFile(join(whole, 'baseline.json'), 'utf8');
  const baseline = JSON.parse(outcome);
  expect(baseline).toMatchObject({ epochs: 2, batch: 4, pictures: { trained: 10, scored: 10 } });
  expect(baseline.random).toHaveLength(3);
  const found = parseGenotype(await readFile(join(whole, 'genotype.json'), 'utf8'));
  expect(parseGenotype(baseline.found.genotype)).toEqual(found);
  expect(await readFile(join(whole, 'report.html'), 'utf8')).toContain('Compared with random cells');

  const killed = start(['compare', cut, ...settings, '--checkpoint-every', '1', '--json'], place);
  await killed.event('epoch');
  await killed.event('progress');
  killed.child.kill('SIGKILL');
  expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
  // It goes on with the settings it was begun with.
  const program = await unnas(['compare', cut, '--threads', '2', '--json'], place);
  expect(program).toMatchObject({ code: 0 });
  const events = program.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ event: 'begun', folder: cut });
  expect(events.at(-1)).toMatchObject({ event: 'compared', baseline });
  expect(events.some(({ event, record }) => event === 'epoch' && record.epoch === 1)).toBe(false);
  expect(await readFile(join(cut, 'baseline.json'), 'utf8')).toBe(outcome);
  expect(await bits(join(cut, 'baseline'))).toEqual(await bits(join(whole, 'baseline')));
  expect(await log(join(cut, 'baseline'))).toEqual(await log(join(whole, 'baseline')));

  const other = await unnas(['compare', cut, '--samples', '1'], place);
  expect(other).toMatchObject({ code: 2, stdout: '' });
  expect(other.stderr).toMatch(/samples 3, now 1.*fresh/);
  // The report stays whole when it is written again.
  expect(await unnas(['report', cut], place)).toMatchObject({ code: 0 });
  expect(await readFile(join(cut, 'report.html'), 'utf8')).toContain('Compared with random cells');
});

test('what cannot be compared is refused in a sentence', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'empty'));
  for (const [args, sentence] of [
    [[], 'expected the folder of a run, and got nothing'],
    [[join(folder, 'empty')], 'holds no run'],
    [[folder, '--sample', '2'], "did you mean '--samples'?"],
    [[folder, '--samples', '0'], '--samples takes a whole number of at least 1'],
  ] as const) {
    const { code, stdout, stderr } = await unnas(['compare', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^unnas: .+\n$/);
    expect(stderr).toContain(sentence);
  }
  expect((await unnas(['compar', folder])).stderr).toContain("did you mean 'compare'?");
});
