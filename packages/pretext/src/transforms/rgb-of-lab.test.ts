import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labOf } from './lab.ts';
import { rgbOfLab } from './rgb-of-lab.ts';

test('every colour of 8-bit sRGB comes back from its Lab', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, (red, green, blue) => {
      expect(rgbOfLab(...labOf(red, green, blue))).toEqual([red, green, blue]);
    }),
    { numRuns: 2000 },
  );
});

test('what sRGB lacks is cut to its range', () => {
  expect(rgbOfLab(50, 100, -110).every((value) => value >= 0 && value <= 255)).toBe(true);
  expect(rgbOfLab(100, 0, 0)).toEqual([255, 255, 255]);
});
