import type { Picture, Rgb } from '@unnas/images';
import { runHostKernel } from './host-kernel.ts';
import { checkViews, type View } from './view.ts';
import { type Window, windowOf } from './window.ts';

/** How values from 0 to 255 become the network's: (v / 255 + lighting - mean) / deviation, for each channel. */
export interface Normalise {
  /** [n, 3]: what is added to the red, green and blue of each picture on the scale from 0 to 1; null adds nothing. */
  readonly lighting: Float32Array | null;
  readonly mean: Rgb;
  readonly deviation: Rgb;
}

export interface FrameOptions extends Normalise {
  readonly pictures: readonly Picture[];
  /** One for each picture. */
  readonly views: readonly View[];
  /** Side of what the network sees. */
  readonly size: number;
  /** 4 makes four rows of each picture: its quarter turns counter-clockwise, by 0, 1, 2 and 3. */
  readonly turns: 1 | 4;
}

/** What the kernel `UnnasFrameBatch` is called with. */
export interface FrameAttrs extends FrameOptions {
  /** Written: [n * turns, size, size, 3]. */
  readonly x: Float32Array;
}

/**
 * Pictures of any sizes as one normalised batch [n * turns, size, size, 3], picture by picture. Values of the border are 0,
 * which is the mean colour.
 */
export function frameBatch(options: FrameOptions): Float32Array {
  const { pictures, views, size, turns } = options;
  checkViews(pictures, views, size);
  const x = new Float32Array(pictures.length * turns * size * size * 3);
  runHostKernel<FrameAttrs>('UnnasFrameBatch', { ...options, x }, frameReference);
  return x;
}

/** The meaning of the kernel. */
export function frameReference({ pictures, views, size, turns, x, ...normal }: FrameAttrs): void {
  const values = size * size * 3;
  for (const [i, picture] of pictures.entries()) {
    const from = i * turns * values;
    const window = windowOf(picture, views[i]!, size);
    normalise(window, size, i, normal);
    x.set(window.values, from);
    if (turns === 4) writeTurns(x, from, size);
  }
}

/** Normalises a window in place, with the lighting of picture `index`; the border becomes 0. */
export function normalise(
  { values, top, bottom, left, right }: Window,
  size: number,
  index: number,
  { lighting, mean, deviation }: Normalise,
): void {
  for (let channel = 0; channel < 3; channel++) {
    const light = lighting === null ? 0 : lighting[index * 3 + channel]!;
    const shift = mean[channel]!;
    const scale = deviation[channel]!;
    for (let row = 0; row < size; row++) {
      const visible = row >= top && row < bottom;
      for (let column = 0; column < size; column++) {
        const at = (row * size + column) * 3 + channel;
        values[at] =
          visible && column >= left && column < right ? (values[at]! / 255 + light - shift) / scale : 0;
      }
    }
  }
}

/**
 * Writes the three further turns of the picture at `from` behind it. One quarter turn counter-clockwise is
 * turned[r, c] = picture[c, size - 1 - r].
 */
function writeTurns(x: Float32Array, from: number, size: number): void {
  const values = size * size * 3;
  const last = size - 1;
  for (let r = 0, at = from; r < size; r++) {
    for (let c = 0; c < size; c++, at += 3) {
      const one = from + values + ((last - c) * size + r) * 3;
      const two = from + 2 * values + ((last - r) * size + last - c) * 3;
      const three = from + 3 * values + (c * size + last - r) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const value = x[at + channel]!;
        x[one + channel] = value;
        x[two + channel] = value;
        x[three + channel] = value;
      }
    }
  }
}
