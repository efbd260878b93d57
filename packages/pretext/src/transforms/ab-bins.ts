/**
 * The 313 colours that colorization tells apart: centres in the plane (a, b) of CIE Lab, all multiples of 10, in the order of
 * Zhang et al. ("Colorful image colorization", ECCV 2016, section 2.2): by a, then by b. For each a the values of b have no gap.
 */

/** Of each a = -90, -80, ..., 100: the smallest and the largest b. */
const RANGES: readonly (readonly [smallest: number, largest: number])[] = [
  [50, 90],
  [20, 90],
  [0, 90],
  [-20, 90],
  [-30, 100],
  [-40, 100],
  [-50, 100],
  [-50, 100],
  [-60, 100],
  [-70, 100],
  [-80, 90],
  [-80, 90],
  [-90, 90],
  [-100, 90],
  [-100, 80],
  [-110, 80],
  [-110, 80],
  [-110, 70],
  [-110, 70],
  [-90, 0],
];

/** Centre of each bin. */
export const AB_CENTRES: readonly (readonly [a: number, b: number])[] = RANGES.flatMap(
  ([smallest, largest], i) =>
    Array.from(
      { length: (largest - smallest) / 10 + 1 },
      (_, j) => [10 * i - 90, smallest + 10 * j] as const,
    ),
);

/** How many bins there are. */
export const AB_BINS = AB_CENTRES.length;

/** The bin at (a / 10 + 9) * 22 + b / 10 + 11 for a from -90 to 100 and b from -110 to 100; -1 where there is none. */
export const AB_TABLE: Int16Array = Int16Array.from({ length: 20 * 22 }, () => -1);
for (const [bin, [a, b]] of AB_CENTRES.entries()) AB_TABLE[tableIndex(a, b)] = bin;

function tableIndex(a: number, b: number): number {
  return (Math.floor(a / 10 + 0.5) + 9) * 22 + Math.floor(b / 10 + 0.5) + 11;
}

/**
 * The nearest of the centres, found by rounding: of all 2^24 colours of 8-bit sRGB the nearest centre is
 * (10 round(a / 10), 10 round(b / 10)).
 */
export function abBin(a: number, b: number): number {
  return AB_TABLE[tableIndex(a, b)]!;
}

/** The bin of everything gray, of centre (0, 0). */
export const GRAY_BIN = abBin(0, 0);
