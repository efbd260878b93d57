import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bar, duration, Pace, rate } from './progress-bar.ts';

test('a bar has its width and fills by half characters', () => {
  expect(bar(0, 4)).toBe('────');
  expect(bar(0.375, 4)).toBe('━╸──');
  expect(bar(1, 4)).toBe('━━━━');
  fc.assert(
    fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (share) => bar(share, 20).length === 20),
  );
});

test('durations and rates read well', () => {
  expect([0, 41.6, 187, 3723].map(duration)).toEqual(['0s', '42s', '3:07', '1:02:03']);
  expect([0.4249, 7.3, 21.34, 128.4].map(rate)).toEqual(['0.42', '7.30', '21.3', '128']);
});

test('the time left follows the recent pace, not the slow start', () => {
  const pace = new Pace(10);
  expect(pace.left(100)).toBeUndefined();
  pace.mark(0, 0);
  expect(pace.left(100)).toBeUndefined();
  for (let i = 0; i <= 10; i++) pace.mark(100 + i, 1 + 2 * i);
  expect(pace.rate()).toBeCloseTo(2);
  expect(pace.left(121)).toBeCloseTo(50);
});
