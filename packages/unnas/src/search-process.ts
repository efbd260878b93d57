import { Worker } from 'node:worker_threads';
import type { SearchJob, SearchMessage } from './search-job.ts';
import { type StopSignal, untilStopped } from './stoppable-worker.ts';

/**
 * Does a search in a thread of its own, and gives the signal that stopped it, if one did. After a signal the thread has a
 * moment to end its step and write a checkpoint; when the step takes longer, it is cut off, and the last checkpoint counts.
 */
export function runSearchJob(
  job: SearchJob,
  onMessage: (message: SearchMessage) => void,
): Promise<StopSignal | undefined> {
  // The compiled worker lies beside the compiled file, the source beside the source.
  const file = new URL(
    import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.js',
    import.meta.url,
  );
  return untilStopped(new Worker(file, { workerData: job }), onMessage);
}
