import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChannelSums } from './statistics.ts';

it('gives mean and deviation of each channel, whatever the parts in which pictures come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), { minLength: 1 }),
      fc.nat(),
      (pixels, cut) => {
        const sums = new ChannelSums();
        const middle = cut % pixels.length;
        sums.add(Uint8Array.from(pixels.slice(0, middle).flat()));
        sums.add(Uint8Array.from(pixels.slice(middle).flat()));
        const { mean, deviation } = sums.statistics();
        for (const channel of [0, 1, 2] as const) {
          const values = pixels.map((pixel) => pixel[channel] / 255);
          const expected = values.reduce((a, b) => a + b) / values.length;
          const variance = values.reduce((sum, v) => sum + (v - expected) ** 2, 0) / values.length;
          expect(mean[channel]).toBeCloseTo(expected, 12);
          if (new Set(values).size === 1) expect(deviation[channel]).toBe(1);
          else expect(deviation[channel]).toBeCloseTo(Math.sqrt(variance), 10);
        }
      },
    ),
  );
});

it('gives a channel that never changes a deviation of 1', () => {
  const sums = new ChannelSums();
  sums.add(Uint8Array.of(7, 0, 100, 7, 255, 100));
  expect(sums.statistics()).toEqual({ mean: [7 / 255, 0.5, 100 / 255], deviation: [1, 0.5, 1] });
});
