import { constants } from 'node:buffer';

/** A piece of an arena: `bytes` from `offset` of `buffer`. */
export interface Piece {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Address space, and what of it is free: neighbours are joined, and lie in the order of addresses. */
interface Slab {
  readonly buffer: ArrayBuffer;
  readonly free: { start: number; end: number }[];
  /** Where the part ends that was ever handed out: behind it no memory is taken. */
  touched: number;
}

/** Address space is cheap: memory is taken page by page, when it is first written. */
const SLAB = 2 ** 31;
/** Pieces begin on a cache line. */
const LINE = 64;

/**
 * Memory for large arrays of any size. A piece is cut from the lowest free address that has room for it: so a training step, which asks
 * for the same sizes in the same order each time, finds the same places again, and the arena needs hardly more memory than
 * what is in use at once.
 */
export class Arena {
  readonly #reserve: (bytes: number) => ArrayBuffer;
  readonly #slabs: Slab[] = [];

  /** @param reserve gives address space of that many bytes */
  constructor(reserve: (bytes: number) => ArrayBuffer) {
    this.#reserve = reserve;
  }

  /**
   * The address space that the next pieces will come from: at least `bytes` of it, or as much as one buffer can hold (4 GiB in
   * Node 20); nothing if the arena has been in use.
   */
  first(bytes: number): ArrayBuffer | undefined {
    return this.#slabs.length === 0 ? this.#addSlab(Math.min(bytes, constants.MAX_LENGTH)).buffer : undefined;
  }

  take(bytes: number): Piece {
    const size = rounded(bytes);
    for (const slab of this.#slabs) {
      const at = slab.free.findIndex(({ start, end }) => end - start >= size);
      if (at >= 0) return cut(slab, at, bytes);
    }
    return cut(this.#addSlab(size), 0, bytes);
  }

  #addSlab(bytes: number): Slab {
    const length = Math.max(rounded(bytes), SLAB);
    const slab = { buffer: this.#reserve(length), free: [{ start: 0, end: length }], touched: 0 };
    this.#slabs.push(slab);
    return slab;
  }

  give({ buffer, offset, bytes }: Piece): void {
    const { free } = this.#slabs.find((slab) => slab.buffer === buffer)!;
    const range = { start: offset, end: offset + rounded(bytes) };
    const after = free.findIndex(({ start }) => start > offset);
    const at = after < 0 ? free.length : after;
    const before = free[at - 1];
    const next = free[at];
    const joinsNext = next?.start === range.end;
    if (joinsNext) range.end = next.end;
    if (before?.end === range.start) {
      before.end = range.end;
      if (joinsNext) free.splice(at, 1);
    } else {
      free.splice(at, joinsNext ? 1 : 0, range);
    }
  }

  /** Bytes that have ever been handed out and are free. */
  get freeBytes(): number {
    let bytes = 0;
    for (const { free, touched } of this.#slabs)
      for (const { start, end } of free) bytes += Math.max(0, Math.min(end, touched) - start);
    return bytes;
  }

  /** Lets go of slabs of which nothing is in use. */
  clear(): void {
    const used = this.#slabs.filter(
      ({ buffer, free }) => free[0]?.end !== buffer.byteLength || free[0].start > 0,
    );
    this.#slabs.splice(0, this.#slabs.length, ...used);
  }
}

function cut(slab: Slab, at: number, bytes: number): Piece {
  const range = slab.free[at]!;
  const offset = range.start;
  range.start += rounded(bytes);
  if (range.start === range.end) slab.free.splice(at, 1);
  slab.touched = Math.max(slab.touched, offset + rounded(bytes));
  return { buffer: slab.buffer, offset, bytes };
}

const rounded = (bytes: number): number => Math.max(LINE, Math.ceil(bytes / LINE) * LINE);
