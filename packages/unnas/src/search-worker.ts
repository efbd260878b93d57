// The thread that does a search. It has its own event loop, so that a long step never keeps the command line from answering
// Ctrl-C or from drawing its progress.
import { parentPort, workerData } from 'node:worker_threads';
import { doSearchJob } from './do-search-job.ts';
import type { SearchJob, SearchMessage } from './search-job.ts';

const port = parentPort!;
const post = (message: SearchMessage) => port.postMessage(message);
const stop = new AbortController();
port.on('message', () => stop.abort());
try {
  await doSearchJob(workerData as SearchJob, { post, signal: stop.signal });
} catch (error) {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  post({ event: 'failed', name, message, stack });
}
port.close();
