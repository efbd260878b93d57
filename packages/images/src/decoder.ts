import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** The pixels of a picture, or why there are none. */
export type Decoded = { readonly pixels: Uint8Array } | { readonly reason: string };

/** Worker threads that decode picture files. */
export interface Decoder {
  readonly workers: number;
  /** The picture in the file at `path`, as `size * size * 3` bytes. A file that is no picture gives a reason. */
  decode(path: string): Promise<Decoded>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(decoded: Decoded): void;
  reject(error: Error): void;
}

/** Starts worker threads that decode pictures. They go on while the main thread is busy. */
export function decoder({ size, workers }: { size: number; workers: number }): Decoder {
  const waiting: Map<number, Waiting>[] = [];
  const threads = Array.from({ length: workers }, (_, w) => {
    const own = new Map<number, Waiting>();
    waiting.push(own);
    const thread = new Worker(new URL('./decode-worker.mjs', import.meta.url), { workerData: { size } });
    thread.on('message', ({ id, ...decoded }: { id: number } & Decoded) => {
      own.get(id)?.resolve(decoded);
      own.delete(id);
    });
    const fail = (error: Error) => {
      for (const { reject } of own.values()) reject(error);
      own.clear();
    };
    thread.on('error', fail);
    thread.on('exit', (code) => fail(new Error(`decoding thread ${w} ended early (exit code ${code})`)));
    return thread;
  });
  let next = 0;
  return {
    workers,
    decode(path) {
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting[id % workers]!.set(id, { resolve, reject });
        threads[id % workers]!.postMessage({ id, path });
      });
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

/**
 * As many as the machine can run at a time, but no more than the threads of libuv, in which sharp decodes: a process has 4
 * unless UV_THREADPOOL_SIZE says otherwise, and all workers share them.
 */
export function defaultWorkers(): number {
  return Math.min(availableParallelism(), Number(process.env.UV_THREADPOOL_SIZE) || 4);
}
