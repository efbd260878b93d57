import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Picture } from './picture.ts';

/** What is to be decoded. */
export type DecodeRequest =
  | {
      /** The path of a file, the bytes of one, or a picture that is to be scaled. */
      readonly picture: string | Uint8Array | Picture;
      /** Side of a square: the shorter side is scaled to it, and the centre cut out. null leaves the picture its size. */
      readonly size: number | null;
      /** Takes pictures of one single colour too, from which nothing can be learnt. */
      readonly allowFlat?: boolean;
    }
  | {
      /** The path of a png with a class for each pixel, 8-bit gray. */
      readonly labelMap: string;
      /** The class that each of the 256 values in the file stands for, or -1 for one that must not occur. */
      readonly table: Int16Array;
    };

/** The pixels of a picture, 3 bytes each, or of a label map, a byte each; or why there are none. */
export type Decoded =
  | { readonly pixels: Uint8Array; readonly height: number; readonly width: number }
  | { readonly reason: string };

/** Worker threads that decode picture files. */
export interface Decoder {
  readonly workers: number;
  /** What was asked for. A file that is no picture gives a reason. */
  decode(request: DecodeRequest): Promise<Decoded>;
  /** Ends the threads; what they were asked for fails. */
  close(): Promise<void>;
}

/**
 * Worker threads that decode a picture at a time each. They go on while the main thread is busy, are started when there is work
 * for them, and keep the process alive only while they have some.
 */
export function decoder({ workers }: { workers: number }): Decoder {
  const threads: DecodingThread[] = [];
  let closed = false;
  return {
    workers,
    decode(request) {
      if (closed) return Promise.reject(ended());
      const free = threads.find((thread) => thread.waiting === 0);
      if (free === undefined && threads.length < workers) threads.push(decodingThread());
      const least = free ?? threads.reduceRight((a, b) => (b.waiting < a.waiting ? b : a));
      return least.decode(request);
    },
    async close() {
      closed = true;
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

interface DecodingThread {
  /** How many requests it has not answered yet. */
  readonly waiting: number;
  decode(request: DecodeRequest): Promise<Decoded>;
  close(): Promise<unknown>;
}

interface Waiting {
  resolve(decoded: Decoded): void;
  reject(error: Error): void;
}

function ended(code?: number): Error {
  return new Error(`a decoding thread has ended${code === undefined ? '' : ` (exit code ${code})`}`);
}

function decodingThread(): DecodingThread {
  const worker = new Worker(new URL('./decode-worker.mjs', import.meta.url));
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let failed: Error | undefined;
  const fail = (error: Error) => {
    failed ??= error;
    for (const { reject } of waiting.values()) reject(failed);
    waiting.clear();
  };
  worker.on('message', ({ id, ...decoded }: { id: number } & Decoded) => {
    waiting.get(id)?.resolve(decoded);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(ended(code)));
  return {
    get waiting() {
      return waiting.size;
    },
    decode(request) {
      if (failed) return Promise.reject(failed);
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, request });
      });
    },
    close: () => worker.terminate(),
  };
}

/**
 * As many as the machine can run at a time, but no more than the threads of libuv, in which sharp decodes: a process has 4
 * unless UV_THREADPOOL_SIZE says otherwise, and all workers share them.
 */
export function defaultWorkers(): number {
  return Math.min(availableParallelism(), Number(process.env.UV_THREADPOOL_SIZE) || 4);
}
