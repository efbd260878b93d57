import type { Picture } from './picture.ts';

/** Square RGB pictures of one size, one after the other. */
export interface Pixels {
  readonly length: number;
  readonly size: number;
  load(indices: ArrayLike<number>): Promise<Picture[]>;
}

/** Pictures of `size * size * 3` bytes in memory; what it loads are views of `data`. */
export function pixelsInMemory(data: Uint8Array, size: number): Pixels {
  const bytes = size * size * 3;
  const length = data.length / bytes;
  if (!Number.isInteger(length)) {
    throw new RangeError(`pictures of ${size}x${size} take ${bytes} bytes each, got ${data.length} in all`);
  }
  return {
    length,
    size,
    async load(indices) {
      return Array.from(indices, (index) => {
        checkIndex(index, length);
        return { height: size, width: size, data: data.subarray(index * bytes, (index + 1) * bytes) };
      });
    },
  };
}

export function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new RangeError(`there is no picture ${index} in a set of ${length}`);
  }
}
