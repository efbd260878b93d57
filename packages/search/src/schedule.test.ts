import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstAlphaStep, type Unit, unitAt, unitCount } from './schedule.ts';

const schedules = fc.record({
  rounds: fc.integer({ min: 1, max: 5 }),
  trainSteps: fc.integer({ min: 1, max: 7 }),
  scoreSteps: fc.integer({ min: 1, max: 4 }),
});

describe('a schedule', () => {
  it('goes through all rounds, in each through all training steps and then all batches of scores', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const expected: Unit[] = [];
        for (let round = 0; round < schedule.rounds; round++) {
          for (let step = 0; step < schedule.trainSteps; step++) {
            expected.push({ round, phase: 'train', step, last: false });
          }
          for (let step = 0; step < schedule.scoreSteps; step++) {
            expected.push({ round, phase: 'score', step, last: step === schedule.scoreSteps - 1 });
          }
        }
        const units = Array.from({ length: unitCount(schedule) }, (_, i) => unitAt(schedule, i));
        expect(units).toEqual(expected);
      }),
    );
  });

  it('knows no unit after the last', () => {
    expect(() => unitAt({ rounds: 1, trainSteps: 2, scoreSteps: 1 }, 3)).toThrow('from 0 to 2, got 3');
  });
});

describe('firstAlphaStep', () => {
  it('is the first step whose epoch + step / steps reaches the start', () => {
    const starts = fc.oneof(
      fc.double({ min: 0, max: 4, noNaN: true }),
      fc.integer({ min: 0, max: 40 }).map((n) => n / 10),
    );
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 30 }), (start, steps) => {
        const first = firstAlphaStep(start, steps);
        for (let at = 0; at < 5 * steps; at++) {
          expect(at >= first).toBe(Math.floor(at / steps) + (at % steps) / steps >= start);
        }
      }),
    );
  });
});
