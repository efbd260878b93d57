import type { Worker } from 'node:worker_threads';

/** How long a thread may take to stop by itself after a signal, in milliseconds. */
const PATIENCE_MS = 400;
/** How long it may take to be cut off. A thread cannot be while it is within a native call or waits for a disk. */
const CUT_OFF_MS = 200;
/** A terminal, npm and a script may each pass on the same Ctrl-C; a second one within this time is the same one. */
const SAME_SIGNAL_MS = 300;

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Waits for a thread to end, and gives the signal that stopped it, if one did: the thread is sent 'stop', and has a moment to
 * end by itself before it is cut off. A thread that cannot be cut off is not waited for; the process then ends, when nothing
 * else keeps it, by that same signal, since an ordinary exit waits for all threads.
 */
export async function untilStopped<Message>(
  worker: Worker,
  onMessage: (message: Message) => void,
): Promise<StopSignal | undefined> {
  let stopped: { signal: StopSignal; at: number } | undefined;
  let patience: NodeJS.Timeout | undefined;
  let leave: NodeJS.Timeout | undefined;
  let release = () => {};
  const cutOff = (signal: StopSignal) => {
    clearTimeout(patience);
    void worker.terminate();
    leave ??= setTimeout(() => {
      worker.unref();
      process.once('exit', () => process.kill(process.pid, signal));
      release();
    }, CUT_OFF_MS);
  };
  const stop = (signal: StopSignal) => {
    if (stopped === undefined) {
      worker.postMessage('stop');
      stopped = { signal, at: performance.now() };
      patience = setTimeout(cutOff, PATIENCE_MS, signal);
    } else if (performance.now() - stopped.at > SAME_SIGNAL_MS) {
      cutOff(stopped.signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await new Promise<void>((resolve, reject) => {
      release = resolve;
      worker.on('message', onMessage);
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    clearTimeout(patience);
    clearTimeout(leave);
  }
  return stopped?.signal;
}
