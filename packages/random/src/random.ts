/**
 * Seeded random streams that can be split: a stream is named by a seed and a path, such as
 * `Random.of(seed, 'augment', epoch, index)`. Two paths give independent streams, the same path always gives the same
 * numbers, and no stream depends on how much was drawn from another. So results do not depend on the number of
 * workers, and a resumed run needs no generator state but its position.
 *
 * Generator: xoshiro128++ (Blackman and Vigna, 2019), seeded by hashing the path with the 32-bit finaliser of MurmurHash3.
 */
export class Random {
  readonly #key: readonly [number, number, number, number];
  readonly #state: Uint32Array;
  #spareNormal: number | undefined;

  private constructor(key: readonly [number, number, number, number]) {
    this.#key = key;
    this.#state = Uint32Array.from(key);
  }

  /** The stream of a seed (any safe integer) and a path of names and numbers. */
  static of(seed: number, ...path: readonly (string | number)[]): Random {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a whole number, got ${seed}`);
    return new Random(descend(ROOT, seed)).split(...path);
  }

  /** The stream below this one at `path`. It does not depend on what was drawn from this stream so far. */
  split(...path: readonly (string | number)[]): Random {
    let key = this.#key;
    for (const step of path) key = descend(key, step);
    return new Random(key);
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const s = this.#state;
    const [a, b, c, d] = s as unknown as [number, number, number, number];
    const result = (rotate((a + d) | 0, 7) + a) >>> 0;
    s[2] = c ^ a;
    s[3] = d ^ b;
    s[1] = b ^ s[2]!;
    s[0] = a ^ s[3]!;
    s[2] = s[2]! ^ (b << 9);
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number, uniform in [0, count). */
  integer(count: number): number {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new RangeError(`integer(count) takes a count of at least 1, got ${count}`);
    return Math.floor(this.uniform() * count);
  }

  /** Normal with mean 0 and standard deviation 1 (polar method of Marsaglia). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = y * factor;
      return x * factor;
    }
  }

  /** Shuffles in place (Fisher and Yates) and returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  /** The numbers 0 to count - 1 in random order. */
  permutation(count: number): Uint32Array {
    return this.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  }
}

type Key = readonly [number, number, number, number];
const ROOT: Key = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef];

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Absorbs 32-bit words into a key, each word into all four lanes, so that every bit reaches every lane. */
function absorb(key: Key, word: number): Key {
  let [a, b, c, d] = key;
  a = mix(a ^ word);
  b = mix((b ^ a) + 0x9e3779b9);
  c = mix((c ^ b) + 0x85ebca6b);
  d = mix((d ^ c) + 0xc2b2ae35);
  a = mix(a ^ d);
  return [a, b, c, d];
}

function descend(key: Key, step: string | number): Key {
  if (typeof step === 'number') {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, step);
    return absorb(absorb(absorb(key, 1), view.getUint32(0)), view.getUint32(4));
  }
  key = absorb(absorb(key, 2), step.length);
  for (let i = 0; i < step.length; i++) key = absorb(key, step.charCodeAt(i));
  return key;
}
