import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import type { Picture, Source } from '@unnas/images';
import type { Task } from '@unnas/pretext';
import { half } from './half.ts';
import { type SearchOptions, settingsOf } from './settings.ts';

/** What steps with batches of one size take on this machine and backend. */
export interface Probe {
  /** Pictures in a batch. */
  readonly batch: number;
  /** Seconds to prepare a batch of training. */
  readonly prepareSeconds: number;
  /** Seconds of a step in which the alphas move, if there are any, and the weights. */
  readonly stepSeconds: number;
  /** Seconds of a step in which the weights move alone. */
  readonly weightSeconds: number;
  /** Seconds to score a batch. */
  readonly scoreSeconds: number;
  /** Bytes of a prepared batch. */
  readonly batchBytes: number;
  /** The most memory that the process had until the end of these steps, in bytes. */
  readonly peakBytes: number;
  /** The most bytes of arrays that the backend had in use at once until then; 0 if it does not tell. */
  readonly arrayBytes: number;
}

export interface ProbeOptions<P extends Picture>
  extends Pick<SearchOptions<P>, 'space' | 'algorithm' | 'epochs' | 'batch' | 'seed'> {
  readonly task: Task<P>;
  /** Pictures to compute with; at least a batch of them. */
  readonly source: Source<P>;
  /** Tells the most memory that the process had until now, in bytes. */
  readonly peakBytes: () => number;
  /** Tells the most bytes of arrays that the backend had in use at once until now; 0 if it does not tell. */
  readonly arrayBytes: () => number;
}

/**
 * Tries steps of a search with batches of 1, 2, 4 and so on up to its own. Each is the code that the search runs, first once to
 * warm up, then with the clock. Whoever iterates stops when enough is known. Nothing is written.
 */
export async function* probe<P extends Picture>(options: ProbeOptions<P>): AsyncGenerator<Probe, void> {
  const { task, source, space, algorithm, peakBytes, arrayBytes } = options;
  const settings = settingsOf(options);
  algorithm.check(settings);
  const { seed } = settings;
  const parts = (batch: number) => {
    const part = (stream: string) => half({ source, task, batch, seed, stream });
    return { weights: part('weights'), alphas: part('alphas') };
  };
  await tf.ready();
  const setup = { task: task as unknown as Task<Picture>, space, settings, ...parts(1) };
  const searcher = algorithm.begin(setup);
  try {
    for (let batch = 1; ; batch = Math.min(2 * batch, settings.batch)) {
      const { weights, alphas } = parts(batch);
      const begun = performance.now();
      const main = await weights.train(0);
      const prepareSeconds = (performance.now() - begun) / 1000;
      const forAlphas = await alphas.train(0);
      const scored = await alphas.score(0);
      const train = { round: 0, phase: 'train', step: 0, last: false } as const;
      const work = (
        unit: Parameters<typeof searcher.work>[0],
        prepared: Parameters<typeof searcher.work>[1],
      ) => seconds(() => searcher.work(unit, prepared));
      await work(train, { main, alphas: forAlphas });
      // A later step: at the first one a random search builds its network.
      const later = { ...train, step: 1 };
      const stepSeconds = await work(later, { main, alphas: forAlphas });
      const weightSeconds = await work(later, { main, alphas: undefined });
      const scoreSeconds = await work({ ...train, phase: 'score' }, { main: scored, alphas: undefined });
      yield {
        batch,
        prepareSeconds,
        stepSeconds,
        weightSeconds,
        scoreSeconds,
        batchBytes: main.x.byteLength + main.y.byteLength,
        peakBytes: peakBytes(),
        arrayBytes: arrayBytes(),
      };
      if (batch === settings.batch) return;
    }
  } finally {
    searcher.dispose();
  }
}

/** How long something takes; the event loop has a turn before, as between the steps of a run. */
async function seconds(work: () => unknown): Promise<number> {
  await setImmediate();
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}
