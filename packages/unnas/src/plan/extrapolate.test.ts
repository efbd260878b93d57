import type { Probe } from '@unnas/search';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extrapolate } from './extrapolate.ts';

const GIB = 2 ** 30;

function probe(batch: number, peakBytes: number, stepSeconds = batch): Probe {
  return {
    batch,
    prepareSeconds: 0.1 * batch,
    stepSeconds,
    weightSeconds: 0.7 * stepSeconds,
    scoreSeconds: 0.2 * stepSeconds,
    batchBytes: batch * 1000,
    peakBytes,
    arrayBytes: 0,
  };
}

test('times grow with the pictures of the largest batch that was tried', () => {
  const guess = extrapolate([probe(1, GIB, 3), probe(4, 2 * GIB, 8)], { begin: 0, ahead: 0 });
  expect(guess.times(64)).toEqual({
    prepareSeconds: 6.4,
    stepSeconds: 128,
    weightSeconds: 0.7 * 128,
    scoreSeconds: 0.2 * 128,
  });
});

test('memory is the line through the last two batches, and what waits comes on top', () => {
  const guess = extrapolate([probe(1, 1.7 * GIB), probe(2, 2 * GIB), probe(4, 3 * GIB)], {
    begin: GIB,
    ahead: 6,
  });
  expect(guess.memory(4)).toBe(3 * GIB + 6 * 4000);
  expect(guess.memory(8)).toBe(5 * GIB + 6 * 8000);
});

test('of a backend that counts its arrays they grow, and the largest rest of the process stays', () => {
  const probes = [
    { ...probe(2, 1.5 * GIB), arrayBytes: 0.25 * GIB },
    { ...probe(4, 1.6 * GIB), arrayBytes: 0.5 * GIB },
  ];
  const guess = extrapolate(probes, { begin: GIB, ahead: 0 });
  expect(guess.memory(16)).toBeCloseTo((1.25 + 4 * 0.5) * GIB, 0);
  expect(guess.largestBatch(3.25 * GIB)).toBe(16);
});

test('of one batch alone, all that came after the beginning is its own', () => {
  const guess = extrapolate([probe(1, 3 * GIB)], { begin: GIB, ahead: 0 });
  expect(guess.memory(3)).toBe(7 * GIB);
});

test('the largest batch is the last one that has room', () => {
  const sizes = fc.integer({ min: 1, max: 2 ** 33 });
  fc.assert(
    fc.property(sizes, sizes, sizes, fc.integer({ min: 0, max: 8 }), (first, more, room, ahead) => {
      const guess = extrapolate([probe(1, first), probe(2, first + more)], { begin: 0, ahead });
      const most = guess.largestBatch(room);
      expect(guess.memory(most + 1)).toBeGreaterThan(room - 1);
      if (most > 0) expect(guess.memory(most)).toBeLessThanOrEqual(room + 1);
    }),
  );
});
