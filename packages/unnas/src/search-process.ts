import { Worker } from 'node:worker_threads';
import type { SearchJob, SearchMessage } from './search-job.ts';

/** Longest time between a signal and the end of the process, in milliseconds. */
const PATIENCE_MS = 400;
/** A terminal, npm and a script may each pass on the same Ctrl-C; a second one within this time is the same one. */
const SAME_SIGNAL_MS = 300;

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * Does a search in a thread of its own, and gives the signal that stopped it, if one did. After a signal the thread has a
 * moment to end its step and write a checkpoint; when the step takes longer, it is cut off, and the last checkpoint counts.
 */
export async function runSearchJob(
  job: SearchJob,
  onMessage: (message: SearchMessage) => void,
): Promise<StopSignal | undefined> {
  // The compiled worker lies beside the compiled file, the source beside the source.
  const file = new URL(
    import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.js',
    import.meta.url,
  );
  const worker = new Worker(file, { workerData: job });
  let stopped: { signal: StopSignal; at: number; timer: NodeJS.Timeout } | undefined;
  const stop = (signal: StopSignal) => {
    if (stopped === undefined) {
      worker.postMessage('stop');
      stopped = {
        signal,
        at: performance.now(),
        timer: setTimeout(() => void worker.terminate(), PATIENCE_MS),
      };
    } else if (performance.now() - stopped.at > SAME_SIGNAL_MS) {
      void worker.terminate();
    }
  };
  const signals: StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  try {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', onMessage);
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  } finally {
    for (const signal of signals) process.off(signal, stop);
    clearTimeout(stopped?.timer);
  }
  return stopped?.signal;
}
