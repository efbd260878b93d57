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

/** Starts worker threads that decode a picture at a time each. They go on while the main thread is busy. */
export function decoder({ size, workers }: { size: number; workers: number }): Decoder {
  const threads = Array.from({ length: workers }, () => decodingThread(size));
  let next = 0;
  return {
    workers,
    decode: (path) => threads[next++ % workers]!.decode(path),
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

interface Waiting {
  resolve(decoded: Decoded): void;
  reject(error: Error): void;
}

function decodingThread(size: number) {
  const worker = new Worker(new URL('./decode-worker.mjs', import.meta.url), { workerData: { size } });
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
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a decoding thread has ended (exit code ${code})`)));
  return {
    decode(path: string): Promise<Decoded> {
      if (failed) return Promise.reject(failed);
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, path });
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
