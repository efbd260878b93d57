import { inputError } from '@unnas/random';
import { type Decoded, type DecodeRequest, type Decoder, decoder, defaultWorkers } from './decoder.ts';

export interface LoaderOptions {
  /** Number of decoding threads at most; by default one for each processor, up to 4 (see `defaultWorkers`). */
  readonly workers?: number;
  /**
   * Bytes of decoded pictures that are kept for the next time, never more; 1 GiB by default. What `load` has given, and what it
   * is about to give, comes on top.
   */
  readonly cacheBytes?: number;
}

const IDLE_MILLISECONDS = 5000;

/**
 * Decodes pictures in worker threads, and keeps those that were used last. What it gives does not depend on the number of
 * threads or on what is kept.
 */
export class PictureLoader {
  readonly #workers: number;
  readonly #cacheBytes: number;
  /** From the one that was not used for longest to the one used last. */
  readonly #kept = new Map<string, Extract<Decoded, { pixels: unknown }>>();
  readonly #underWay = new Map<string, Promise<Decoded>>();
  #keptBytes = 0;
  #threads: Decoder | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor({ workers = defaultWorkers(), cacheBytes = 2 ** 30 }: LoaderOptions) {
    if (!Number.isInteger(workers) || workers < 1) {
      throw inputError(`the number of decoding threads is a whole number of at least 1, got ${workers}`);
    }
    if (!Number.isSafeInteger(cacheBytes) || cacheBytes < 0) {
      throw inputError(`the cache holds a whole number of bytes of at least 0, got ${cacheBytes}`);
    }
    this.#workers = workers;
    this.#cacheBytes = cacheBytes;
  }

  /** Bytes of the pictures that are kept now. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Decodes what is asked for, unless it is kept under this key. What is under way is not begun again. */
  async load(key: string, request: DecodeRequest): Promise<Decoded> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const underWay = this.#underWay.get(key) ?? this.#decode(key, request);
    this.#underWay.set(key, underWay);
    return underWay;
  }

  async #decode(key: string, request: DecodeRequest): Promise<Decoded> {
    clearTimeout(this.#idle);
    this.#threads ??= decoder({ workers: this.#workers });
    try {
      const decoded = await this.#threads.decode(request);
      this.#keep(key, decoded);
      return decoded;
    } finally {
      this.#underWay.delete(key);
      if (this.#underWay.size === 0) this.#idle = setTimeout(() => this.#rest(), IDLE_MILLISECONDS).unref();
    }
  }

  #keep(key: string, decoded: Decoded): void {
    if (!('pixels' in decoded)) return;
    const bytes = decoded.pixels.length;
    if (bytes > this.#cacheBytes) return;
    for (const [oldest, { pixels }] of this.#kept) {
      if (this.#keptBytes + bytes <= this.#cacheBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= pixels.length;
    }
    this.#kept.set(key, decoded);
    this.#keptBytes += bytes;
  }

  /** Nobody closes a set of pictures, so its threads end when nothing was asked of them for a while. */
  #rest(): void {
    const threads = this.#threads;
    this.#threads = undefined;
    threads?.close();
  }
}
