import type { Picture } from '@unnas/images';
import { abBin, GRAY_BIN } from './ab-bins.ts';
import { runHostKernel } from './host-kernel.ts';
import { checkViews, type View } from './view.ts';
import { windowOf } from './window.ts';

/** The linear value of each 8-bit value of sRGB (IEC 61966-2-1). */
export const LINEAR: Float64Array = Float64Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
});

/** CIE Lab of an 8-bit sRGB colour under the illuminant D65 for an observer of 2 degrees, in double precision. */
export function labOf(red: number, green: number, blue: number): [lightness: number, a: number, b: number] {
  const r = LINEAR[red]!;
  const g = LINEAR[green]!;
  const b = LINEAR[blue]!;
  const x = compressed((0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.95047);
  const y = compressed(0.212671 * r + 0.71516 * g + 0.072169 * b);
  const z = compressed((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function compressed(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}

export interface LabOptions {
  readonly pictures: readonly Picture[];
  /** One for each picture. */
  readonly views: readonly View[];
  /** Side of what the network sees. */
  readonly size: number;
  /** The lightness L becomes (L / 100 - mean) / deviation. */
  readonly mean: number;
  readonly deviation: number;
}

/** What the kernel `UnnasLabBatch` is called with. */
export interface LabAttrs extends LabOptions {
  /** Written: [n, size, size, 1]. */
  readonly x: Float32Array;
  /** Written: [n, size, size]. */
  readonly y: Int32Array;
}

/**
 * The lightness of pictures, and for each pixel which of 313 colours it has, from 0 to 312. Resized values are cut to 8 bits
 * (towards zero) before the conversion, as in the release. In the border the lightness is 0 after normalisation, and the colour
 * is gray.
 */
export function labBatch(options: LabOptions): { x: Float32Array; y: Int32Array } {
  const { pictures, views, size } = options;
  checkViews(pictures, views, size);
  const x = new Float32Array(pictures.length * size * size);
  const y = new Int32Array(x.length);
  runHostKernel<LabAttrs>('UnnasLabBatch', { ...options, x, y }, labReference);
  return { x, y };
}

/** The meaning of the kernel. */
export function labReference({ pictures, views, size, mean, deviation, x, y }: LabAttrs): void {
  x.fill(0);
  y.fill(GRAY_BIN);
  for (const [i, picture] of pictures.entries()) {
    const { values, top, bottom, left, right } = windowOf(picture, views[i]!, size);
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const at = row * size + column;
        const [red, green, blue] = [values[at * 3]!, values[at * 3 + 1]!, values[at * 3 + 2]!];
        const [lightness, a, b] = labOf(Math.trunc(red), Math.trunc(green), Math.trunc(blue));
        x[i * size * size + at] = (lightness / 100 - mean) / deviation;
        y[i * size * size + at] = abBin(a, b);
      }
    }
  }
}
