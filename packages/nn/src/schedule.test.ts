import { describe, expect, it } from 'vitest';
import { cosine } from './schedule.ts';

describe('cosine', () => {
  it('goes from the base down to the minimum', () => {
    expect(cosine(0.1, 0, 50)).toBe(0.1);
    expect(cosine(0.1, 25, 50)).toBeCloseTo(0.05, 12);
    expect(cosine(0.1, 50, 50)).toBe(0);
    expect(cosine(0.025, 50, 50, 0.001)).toBe(0.001);
    expect(cosine(0.1, 1, 400)).toBeCloseTo(0.09999845788223949, 14);
  });
});
