import { expect, test } from 'vitest';
import { median, spread } from './statistics.ts';

test('the median of an even number of values lies between the middle two', () => {
  expect(median([4, 1, 3, 10])).toBe(3.5);
  expect(median([7, -1, 100])).toBe(7);
  expect(() => median([])).toThrow(new RangeError('the median of nothing'));
});

test('the spread is half the distance of the quartiles, beside the median', () => {
  expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(1 / 3);
  expect(spread([10, 10, 10])).toBe(0);
  expect(spread([8])).toBe(0);
});
