import type { Picture } from './picture.ts';

/** Square RGB pictures of one size, one after the other. */
export interface Pixels {
  readonly length: number;
  readonly size: number;
  load(indices: ArrayLike<number>): Promise<Picture[]>;
}

/** Pictures in one piece of memory, `size * size * 3` bytes each; what it loads are views of `data`. */
export function pixelsInMemory(data: Uint8Array, size: number): Pixels {
  const bytes = size * size * 3;
  const length = data.length / bytes;
  if (!Number.isInteger(length)) {
    throw new RangeError(`pictures of ${size}x${size} take ${bytes} bytes each, got ${data.length} in all`);
  }
  return pixels(length, size, (index) => data.subarray(index * bytes, (index + 1) * bytes));
}

/** Square pictures of which `read` gives the bytes of one. */
export function pixels(
  length: number,
  size: number,
  read: (index: number) => Uint8Array | Promise<Uint8Array>,
): Pixels {
  return {
    length,
    size,
    load: (indices) =>
      Promise.all(
        Array.from(indices, async (index) => {
          checkIndex(index, length);
          return { height: size, width: size, data: await read(index) };
        }),
      ),
  };
}

export function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(`there is no picture ${index} in a set of ${length}`);
  }
}
