import { describe, expect, it } from 'vitest';
import { COLOURS, type Colour } from './palette.ts';

/** Red, green and blue in linear light, 0 to 1. */
function linear(colour: string): number[] {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/** Contrast of two colours, 1 to 21 (WCAG 2). */
function contrast(a: string, b: string): number {
  const [low, high] = [a, b]
    .map((colour) => {
      const [red, green, blue] = linear(colour);
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! + 0.05;
    })
    .sort((x, y) => x - y);
  return high! / low!;
}

/** Machado, Oliveira and Fernandes (2009), severity 1. */
const SIGHT = {
  full: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  deuteranope: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  protanope: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  tritanope: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

/** A colour as it is seen, in CIE Lab. */
function seen(colour: string, sight: readonly number[]): number[] {
  const from = linear(colour);
  const rgb = [0, 3, 6].map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        from.reduce((sum, value, i) => sum + sight[row + i]! * value, 0),
      ),
    ),
  );
  const xyz = [
    [0.4124, 0.3576, 0.1805, 0.9505],
    [0.2126, 0.7152, 0.0722, 1],
    [0.0193, 0.1192, 0.9505, 1.089],
  ].map(([r, g, b, white]) => (r! * rgb[0]! + g! * rgb[1]! + b! * rgb[2]!) / white!);
  const [x, y, z] = xyz.map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)) as [
    number,
    number,
    number,
  ];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe.each(['light', 'dark'] as const)('the %s colours', (scheme) => {
  const of = (name: string) => (COLOURS[name] as Colour)[scheme];
  const named = (prefix: string) => Object.keys(COLOURS).filter((name) => name.startsWith(prefix));

  it('stand out from the ground: text by 4.5, lines by 3', () => {
    for (const ground of ['page', 'panel'].map(of)) {
      for (const name of ['ink', 'quiet', ...named('line-')]) {
        expect(contrast(of(name), ground), name).toBeGreaterThanOrEqual(4.5);
      }
      for (const name of named('op-')) expect(contrast(of(name), ground), name).toBeGreaterThanOrEqual(3);
    }
  });

  it.each(Object.entries(SIGHT))(
    'can be told apart with the eyes of a %s, in lines of the same kind',
    (_, sight) => {
      const solid = ['op-max-pool', 'op-skip', 'op-sep-small', 'op-dil-small'];
      const dashed = ['op-avg-pool', 'op-sep-large', 'op-dil-large'];
      for (const group of [solid, dashed, named('line-')]) {
        for (const [i, a] of group.entries()) {
          for (const b of group.slice(i + 1)) {
            const [first, second] = [seen(of(a), sight), seen(of(b), sight)];
            const difference = Math.hypot(...first.map((value, at) => value - second[at]!));
            expect(difference, `${a} and ${b}`).toBeGreaterThan(8);
          }
        }
      }
    },
  );
});
