import { expect, test } from 'vitest';
import { takeTurns } from './turns.ts';

test('contenders take turns, and between two rounds nobody works', async () => {
  const calls: string[] = [];
  const contender = (name: string, times: number[]) => ({
    name,
    run: () => {
      calls.push(name);
      return { milliseconds: times.shift()! };
    },
  });
  const answers = await takeTurns([contender('a', [99, 3, 1]), contender('b', [98, 10, 30])], {
    turns: 2,
    between: (round) => calls.push(`${round}`),
  });
  expect(calls.join('')).toBe('ab0ab1ab2');
  expect(answers.map((one) => one.map(({ milliseconds }) => milliseconds))).toEqual([
    [99, 3, 1],
    [98, 10, 30],
  ]);
});
