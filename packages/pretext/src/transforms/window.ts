import type { Picture } from '@unnas/images';
import { axesOf, bilinearAxis } from './axis.ts';
import type { View } from './view.ts';

const { fround } = Math;

/** What a view shows of a picture, before normalisation. */
export interface Window {
  /** [size, size, 3], from 0 to 255, not rounded; without meaning in the border. */
  readonly values: Float64Array;
  /** The rows and the columns that show the picture; what lies outside them is border. */
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Resizes, crops and mirrors a picture: each value is interpolated along its row first, then between two rows. Every product and
 * every sum is rounded to float32, so that the values are those of OpenCV, bit for bit.
 */
export function windowOf({ width, data }: Picture, view: View, size: number): Window {
  const values = new Float64Array(size * size * 3);
  const { rows, columns } = axesOf(view, size, bilinearAxis);
  for (let row = rows.begin; row < rows.end; row++) {
    const upper = rows.low[row]! * width;
    const lower = rows.high[row]! * width;
    const down = rows.fraction[row]!;
    const up = fround(1 - down);
    for (let column = columns.begin; column < columns.end; column++) {
      const before = columns.low[column]!;
      const after = columns.high[column]!;
      const right = columns.fraction[column]!;
      const left = fround(1 - right);
      const to = (row * size + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const a = data[(upper + before) * 3 + channel]!;
        const b = data[(upper + after) * 3 + channel]!;
        const c = data[(lower + before) * 3 + channel]!;
        const d = data[(lower + after) * 3 + channel]!;
        const above = fround(fround(a * left) + fround(b * right));
        const below = fround(fround(c * left) + fround(d * right));
        values[to + channel] = fround(fround(above * up) + fround(below * down));
      }
    }
  }
  return { values, top: rows.begin, bottom: rows.end, left: columns.begin, right: columns.end };
}
