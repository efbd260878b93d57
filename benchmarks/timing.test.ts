import { expect, test } from 'vitest';
import { median, takeTurns } from './timing.ts';

test('contenders take turns, the warm-up does not count', async () => {
  const calls: string[] = [];
  const contender = (name: string, times: number[]) => ({
    name,
    images: 4,
    run: () => {
      calls.push(name);
      return times.shift()!;
    },
  });
  const timings = await takeTurns([contender('a', [99, 3, 1, 2]), contender('b', [99, 10, 30, 20])], {
    turns: 3,
  });
  expect(calls.join('')).toBe('abababab');
  expect(timings).toEqual([
    { name: 'a', images: 4, median: 2, best: 1, milliseconds: [3, 1, 2] },
    { name: 'b', images: 4, median: 20, best: 10, milliseconds: [10, 30, 20] },
  ]);
});

test('the median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3, 10])).toBe(3.5);
  expect(() => median([])).toThrow(/nothing/);
});
