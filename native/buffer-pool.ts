import type { KernelArray } from './addon.ts';
import { Arena } from './arena.ts';

export type PooledType = 'float32' | 'int32' | 'bool';

const constructors = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
const numbers = { float32: 0, int32: 1, bool: 2 } as const;

/** Arrays of one type and length that wait for their next use. */
interface Waiting {
  readonly arrays: KernelArray[];
  /** When one was last given back, see `#clock`. */
  since: number;
}

/** From this size on arrays are cut from the arena: what fills memory is few and large. */
const LARGE = 2 ** 16;

/**
 * Arrays to be used again. A fresh array is zeroed and faults in page by page, which would cost a training step about as
 * much as its arithmetic. Small arrays are kept by type and exact length, since a step asks for the same sizes each time; large
 * ones share an arena.
 */
export class BufferPool {
  readonly #allocate: (bytes: number) => ArrayBuffer;
  readonly #arena: Arena;
  readonly #free = new Map<number, Waiting>();
  /** Counts the arrays given back. */
  #clock = 0;
  #bytesFree = 0;
  #bytesUsed = 0;
  #peakUsed = 0;

  /** @param reserve gives address space for the arena */
  constructor(allocate: (bytes: number) => ArrayBuffer, reserve: (bytes: number) => ArrayBuffer) {
    this.#allocate = allocate;
    this.#arena = new Arena(reserve);
  }

  /** An array whose elements may hold anything. */
  take(type: PooledType, length: number): KernelArray {
    const bytes = length * constructors[type].BYTES_PER_ELEMENT;
    this.#bytesUsed += bytes;
    this.#peakUsed = Math.max(this.#peakUsed, this.#bytesUsed);
    if (bytes >= LARGE) {
      const { buffer, offset } = this.#arena.take(bytes);
      return new constructors[type](buffer, offset, length);
    }
    const array = this.#free.get(key(type, length))?.arrays.pop();
    if (array === undefined) return new constructors[type](this.#allocate(bytes), 0, length);
    this.#bytesFree -= bytes;
    return array;
  }

  /** Takes back an array that nobody will read or write any more. */
  give(type: PooledType, array: KernelArray): void {
    this.#bytesUsed -= array.byteLength;
    if (this.shares(array)) {
      const { buffer, byteOffset, byteLength } = array;
      this.#arena.give({ buffer: buffer as ArrayBuffer, offset: byteOffset, bytes: byteLength });
      return;
    }
    const name = key(type, array.length);
    let waiting = this.#free.get(name);
    if (waiting === undefined) this.#free.set(name, (waiting = { arrays: [], since: 0 }));
    waiting.since = ++this.#clock;
    waiting.arrays.push(array);
    this.#bytesFree += array.byteLength;
    if (this.#bytesFree > this.#peakUsed) this.#trim();
  }

  /** Address space that large arrays will come from, see `Arena.first`; nothing if some came already. */
  first(bytes: number): ArrayBuffer | undefined {
    return this.#arena.first(bytes);
  }

  /** Whether the memory of an array comes back for certain: nobody outside may see the array itself. */
  shares(array: KernelArray): boolean {
    return array.byteLength >= LARGE;
  }

  /** Forgets an array that somebody outside has seen: the garbage collector frees it once they let go. */
  forget(array: KernelArray): void {
    this.#bytesUsed -= array.byteLength;
  }

  get bytes(): { used: number; free: number; peak: number } {
    return { used: this.#bytesUsed, free: this.#bytesFree + this.#arena.freeBytes, peak: this.#peakUsed };
  }

  clear(): void {
    this.#free.clear();
    this.#bytesFree = 0;
    this.#arena.clear();
  }

  /**
   * Used and free small arrays together never take more than twice what was ever used at once. Sizes that were not given back
   * for the longest time go first.
   */
  #trim(): void {
    const oldest = [...this.#free].sort(([, a], [, b]) => a.since - b.since);
    for (const [name, { arrays }] of oldest) {
      while (this.#bytesFree > this.#peakUsed && arrays.length > 0)
        this.#bytesFree -= arrays.pop()!.byteLength;
      if (this.#bytesFree <= this.#peakUsed) return;
      this.#free.delete(name);
    }
  }
}

const key = (type: PooledType, length: number): number => length * 3 + numbers[type];
