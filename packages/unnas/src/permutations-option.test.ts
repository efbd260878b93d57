import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hammingPermutations } from '@unnas/pretext';
import { afterAll, expect, it } from 'vitest';
import { chosenPermutations, permutationsOption } from './permutations-option.ts';
import { searchRequest } from './search-request.ts';
import { taskOf } from './task-choice.ts';

const folder = mkdtempSync(join(tmpdir(), 'unnas-permutations-'));
afterAll(() => rmSync(folder, { recursive: true }));

function kept(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

it('reads a number, or the path of a file', () => {
  const { read } = permutationsOption('');
  expect(read('24', '--permutations')).toBe(24);
  expect(read('sets/my.json', '--permutations')).toBe(resolve('sets/my.json'));
  for (const text of ['', '1', '-3', '2.5'])
    expect(() => read(text, '--permutations')).toThrow(
      'a whole number of at least 2, or a file of permutations',
    );
});

it('gives a set that was kept to the task', () => {
  const set = hammingPermutations({ grid: 3, count: 12, seed: 4 });
  const file = kept('set.json', JSON.stringify(set));
  expect(chosenPermutations(file, 3)).toEqual(set);
  const task = taskOf(searchRequest({ task: 'jigsaw', grid: 3, permutations: file }), 0);
  expect(task.classes).toBe(12);
});

it('names the file that cannot be used', () => {
  expect(() => chosenPermutations(join(folder, 'none.json'), 2)).toThrow(
    /cannot use the permutations in .*none\.json: /,
  );
  expect(() => chosenPermutations(kept('cut.json', '[[0,1'), 2)).toThrow('cut.json: this is no JSON');
  expect(() => chosenPermutations(kept('three.json', '[[0,1,2,3],[0,1,2]]'), 2)).toThrow(
    'three.json: permutation 1 for a grid of 2 holds each of the numbers 0 to 3 once',
  );
});
