import { isInputError } from '@unnas/random';
import { expect, test } from 'vitest';
import { choice, count, evenCount, flag, number, parseArguments, text } from './options.ts';

const options = {
  epochs: count('epochs'),
  seed: count('seed', 0),
  cells: count('cells', 2, 1000),
  channels: evenCount('channels'),
  alphaStart: count('epoch at which the alphas start', 0),
  maxBroken: number('share', 0, 1),
  task: choice(['rotation', 'classification'], 'task'),
  out: text('DIR', 'folder'),
  json: flag('JSON lines'),
};
const parse = (...args: string[]) => parseArguments(args, options);

function refusal(...args: string[]): string {
  try {
    parse(...args);
  } catch (error) {
    if (isInputError(error)) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

test('reads options in any order and in both spellings, and leaves out what was not given', () => {
  const { given, positionals } = parse(
    'one',
    '--alpha-start=2',
    '--json',
    'two',
    '--epochs',
    '4',
    '--',
    '--three',
  );
  expect(given).toEqual({ alphaStart: 2, json: true, epochs: 4 });
  expect(positionals).toEqual(['one', 'two', '--three']);
});

test('the last of two counts, so that a script can add options to those of its user', () => {
  expect(parse('--seed', '1', '--seed', '2').given).toEqual({ seed: 2 });
});

test('a value may begin with a single dash', () => {
  expect(parse('--out', '-x', '--seed', '0').given).toEqual({ out: '-x', seed: 0 });
});

test.each([
  [['--epoch', '4'], "unknown option '--epoch'; did you mean '--epochs'?"],
  [['--alphastart=4'], "unknown option '--alphastart'; did you mean '--alpha-start'?"],
  [['-e', '4'], "unknown option '-e'"],
  [['--epochs'], '--epochs takes a value (N)'],
  [['--epochs', '--json'], '--epochs takes a value (N)'],
  [['--epochs', '0'], "--epochs takes a whole number of at least 1, and got '0'"],
  [['--epochs', '2.5'], "--epochs takes a whole number of at least 1, and got '2.5'"],
  [['--epochs', ''], "--epochs takes a whole number of at least 1, and got ''"],
  [['--cells', '1001'], "--cells takes a whole number from 2 to 1000, and got '1001'"],
  [['--seed', '1e16'], "--seed takes a whole number of at least 0, and got '1e16'"],
  [['--channels', '3'], "--channels takes an even number, and got '3'"],
  [['--channels', '0'], "--channels takes a whole number of at least 2, and got '0'"],
  [['--max-broken', '1.5'], "--max-broken takes a number from 0 to 1, and got '1.5'"],
  [
    ['--task', 'rotations'],
    "--task takes rotation, classification, and got 'rotations'; did you mean 'rotation'?",
  ],
  [['--json=yes'], '--json takes no value'],
  [['--out='], '--out takes a value (DIR), and got an empty one'],
  [['--out', ' '], '--out takes a value (DIR), and got an empty one'],
])('refuses %j in a sentence', (args, sentence) => {
  expect(refusal(...args)).toBe(sentence);
});
