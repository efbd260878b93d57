import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('parts and options are read, the others have their defaults', () => {
  expect(readOptions([])).toMatchObject({
    parts: ['steps', 'kernels', 'memory'],
    kinds: ['weight'],
    nchw: false,
  });
  expect(
    readOptions(['derived', 'ops', '--kind', 'alpha,second-order', '--batch=64', '--seed', '0', '--nchw']),
  ).toMatchObject({
    parts: ['derived', 'ops'],
    kinds: ['alpha', 'second-order'],
    batch: 64,
    seed: 0,
    nchw: true,
  });
  expect(readOptions(['--help'])).toBeUndefined();
});

test.each([
  [['step'], "there is no part 'step', expected steps,"],
  [['--kind', 'beta'], "--kind takes weight, alpha, second-order, and got 'beta'"],
  [['--batch', '0'], "--batch takes a whole number of at least 1, and got '0'"],
  [['--turns', '2.5'], "--turns takes a whole number of at least 1, and got '2.5'"],
  [['--treads', '2'], '--treads'],
])('%s is refused', (args, sentence) => {
  expect(() => readOptions(args)).toThrow(sentence);
});
