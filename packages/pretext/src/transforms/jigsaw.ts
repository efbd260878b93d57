import type { Picture } from '@unnas/images';
import { type Normalise, normalise } from './frame.ts';
import { runHostKernel } from './host-kernel.ts';
import { checkViews, type View } from './view.ts';
import { type Window, windowOf } from './window.ts';

export interface JigsawOptions extends Normalise {
  readonly pictures: readonly Picture[];
  /** One for each picture. */
  readonly views: readonly View[];
  /** Side of the square that is cut up. */
  readonly size: number;
  /** [n]: 1 where the picture is made gray. */
  readonly gray: Uint8Array;
  /** Patches on a side; each is floor(size / grid) pixels wide, what is left over at the right and at the bottom is not used. */
  readonly grid: number;
  /** Side of a tile, at most that of a patch. */
  readonly tile: number;
  /** [n, grid * grid, 2]: row and column of each tile inside its patch, patches in row-major order. */
  readonly offsets: Int32Array;
  /** [n, grid * grid]: the slot that the tile of each patch comes to. */
  readonly permutations: Int32Array;
}

/** What the kernel `UnnasJigsawBatch` is called with. */
export interface JigsawAttrs extends JigsawOptions {
  /** Written: [n, grid * grid, tile, tile, 3]. */
  readonly x: Float32Array;
}

/**
 * Pictures as puzzles [n, grid * grid, tile, tile, 3]: cut into patches, of each patch a tile, and the tiles permuted. Each tile is
 * standardised by the mean and the (population) standard deviation of all its values, after the usual normalisation;
 * a tile of one value becomes zeros.
 */
export function jigsawBatch(options: JigsawOptions): Float32Array {
  const { pictures, views, size, grid, tile, gray, offsets, permutations } = options;
  checkViews(pictures, views, size);
  const count = pictures.length;
  const patches = grid * grid;
  const room = Math.floor(size / grid) - tile;
  if (!(Number.isInteger(grid) && grid >= 1 && Number.isInteger(tile) && tile >= 1 && room >= 0)) {
    throw new RangeError(`a square of ${size} cannot be cut into ${grid}x${grid} tiles of ${tile}`);
  }
  if (
    gray.length !== count ||
    offsets.length !== count * patches * 2 ||
    offsets.some((offset) => offset < 0 || offset > room) ||
    permutations.length !== count * patches ||
    permutations.some((slot) => slot < 0 || slot >= patches)
  ) {
    throw new RangeError(
      `${count} puzzles of ${patches} tiles need as many draws, with offsets from 0 to ${room} and slots from 0 to ${patches - 1}`,
    );
  }
  const x = new Float32Array(count * patches * tile * tile * 3);
  runHostKernel<JigsawAttrs>('UnnasJigsawBatch', { ...options, x }, jigsawReference);
  return x;
}

/** The meaning of the kernel. */
export function jigsawReference(attrs: JigsawAttrs): void {
  const { pictures, views, size, gray, grid, tile, offsets, permutations, x, ...normal } = attrs;
  const patches = grid * grid;
  const side = Math.floor(size / grid);
  const values = new Float64Array(tile * tile * 3);
  const unit = Math.min(...normal.deviation);
  for (const [i, picture] of pictures.entries()) {
    const window = windowOf(picture, views[i]!, size);
    if (gray[i] === 1) makeGray(window, size);
    normalise(window, size, i, normal);
    for (let patch = 0; patch < patches; patch++) {
      const at = i * patches + patch;
      const top = Math.floor(patch / grid) * side + offsets[2 * at]!;
      const left = (patch % grid) * side + offsets[2 * at + 1]!;
      for (let row = 0; row < tile; row++) {
        const from = ((top + row) * size + left) * 3;
        values.set(window.values.subarray(from, from + tile * 3), row * tile * 3);
      }
      standardise(values, unit);
      x.set(values, (i * patches + permutations[at]!) * values.length);
    }
  }
}

/** Gray of values that are cut to 8 bits (towards zero) first, in all three channels. */
function makeGray({ values, top, bottom, left, right }: Window, size: number): void {
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const at = (row * size + column) * 3;
      const [red, green, blue] = [values[at]!, values[at + 1]!, values[at + 2]!];
      values.fill(
        0.2125 * Math.trunc(red) + 0.7154 * Math.trunc(green) + 0.0721 * Math.trunc(blue),
        at,
        at + 3,
      );
    }
  }
}

/**
 * Subtracts the mean and divides by the population standard deviation, in place. `unit` is the least deviation of a channel: a
 * spread below a millionth on the scale from 0 to 1 is rounding (one pixel that differs by 1 of 255 makes more in any tile).
 */
function standardise(values: Float64Array, unit: number): void {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / values.length);
  const oneValue = deviation * unit < 1e-6;
  for (let i = 0; i < values.length; i++) values[i] = oneValue ? 0 : (values[i]! - mean) / deviation;
}
