import { isInputError } from '@unnas/random';
import { expect, test } from 'vitest';
import { noPositionals, onePositional } from './positionals.ts';

function refusal(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    if (isInputError(error)) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

test('one positional is expected, and not an empty one', () => {
  expect(onePositional(['runs/a'], 'the folder of a run')).toBe('runs/a');
  expect(refusal(() => onePositional([], 'the folder of a run'))).toBe(
    'expected the folder of a run, and got nothing',
  );
  expect(refusal(() => onePositional([''], 'the folder of a run'))).toBe(
    "expected the folder of a run, and got ''",
  );
  expect(refusal(() => onePositional(['a', 'b'], 'the folder of a run'))).toBe(
    "expected the folder of a run, and got 'a b'",
  );
});

test('where options alone are expected, a positional is refused', () => {
  noPositionals([]);
  expect(refusal(() => noPositionals(['photos']))).toBe("expected options only, and got 'photos'");
});
