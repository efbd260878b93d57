import { setImmediate } from 'node:timers/promises';
import { type Genotype, skipConnections } from '@unnas/genotype';
import { prefetch } from '@unnas/images';
import { inputError } from '@unnas/random';
import {
  addUnit,
  type EpochRecord,
  imagesPerSecond,
  type Progress,
  type UnitReport,
} from './epoch-record.ts';
import { type Beginning, RunState } from './run-state.ts';
import { type Unit, unitAt, unitCount } from './schedule.ts';
import type { CheckpointTimes } from './settings.ts';

/** How a run ended: all rounds done; stopped from outside, so that it can be resumed; stopped since the cell collapsed. */
export type Outcome = 'finished' | 'stopped' | 'collapsed';

/**
 * A search under way. Iterating it does the work and yields a record after each epoch; it can be iterated once. A run that is
 * left in the middle of the loop can be resumed from its folder.
 */
export interface SearchRun extends AsyncIterable<EpochRecord> {
  /** Where the run is kept, if anywhere. */
  readonly folder: string | undefined;
  /** The cell that was found so far. Throws before the first epoch has ended. */
  readonly genotype: Genotype;
  /** All records so far, those before a resume included. */
  readonly records: readonly EpochRecord[];
  /** Undefined until the iteration has ended, and if it failed. */
  readonly outcome: Outcome | undefined;
  /** Of a resumed run: what has changed since it was begun and may change its last bits, in sentences. */
  readonly notes: readonly string[];
}

/** What the loop needs to know, whether the run is new or goes on. */
export interface Plan {
  readonly folder: string | undefined;
  /** Checks the pictures, builds the networks, and reads what is there of the run. */
  readonly begin: () => Promise<Beginning>;
  readonly stopAfterSkips: number | null;
  readonly checkpoint: CheckpointTimes | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** Stop before this unit of work; after the last by default. */
  readonly until?: number | undefined;
}

/** Units that are prepared ahead of their use. */
const AHEAD = 3;

export class Run implements SearchRun {
  readonly folder: string | undefined;
  outcome: Outcome | undefined;
  notes: readonly string[] = [];
  records: readonly EpochRecord[] = [];
  readonly #plan: Plan;
  #begun = false;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.folder = plan.folder;
  }

  get genotype(): Genotype {
    const record = this.records.findLast((candidate) => !this.#collapsed(candidate)) ?? this.records.at(-1);
    if (record === undefined) throw new Error('there is no genotype before the first epoch has ended');
    return record.genotype;
  }

  /** Whether the run ends with this record. The cell of alphas that have not moved yet says nothing. */
  #collapsed(record: EpochRecord): boolean {
    const limit = this.#plan.stopAfterSkips;
    return limit !== null && record.alphaLoss !== null && skipConnections(record.genotype) > limit;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EpochRecord, void> {
    if (this.#begun) throw new Error('a run can be iterated once; begin another one');
    this.#begun = true;
    const beginning = await this.#plan.begin();
    const state = new RunState(beginning);
    let failed = false;
    try {
      await state.restore(beginning);
      this.notes = beginning.notes ?? [];
      this.records = state.records;
      this.outcome = yield* this.#rounds(state);
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      // The consumer has left the loop where neither an outcome nor an error came.
      if (!failed) this.outcome ??= 'stopped';
      beginning.searcher.dispose();
      state.store?.close();
    }
  }

  async *#rounds(state: RunState): AsyncGenerator<EpochRecord, Outcome> {
    const { signal, onProgress, checkpoint } = this.#plan;
    const { searcher } = state;
    const { schedule } = searcher;
    const total = unitCount(schedule);
    const end = Math.min(total, this.#plan.until ?? total);
    const last = state.records.at(-1);
    if (last !== undefined && this.#collapsed(last)) return 'collapsed';

    const range = { from: state.unit, to: end, depth: AHEAD };
    const batches = prefetch((unit) => searcher.prepare(unitAt(schedule, unit)), range)[
      Symbol.asyncIterator
    ]();
    try {
      while (state.unit < end) {
        const begun = performance.now();
        const next = await unlessAborted(batches.next(), signal).catch(async (error) => {
          // Pictures that cannot be read say nothing against what was trained so far.
          await state.save();
          throw error;
        });
        // Signals and timers get their turn, also where the batch was ready.
        await setImmediate();
        if (next === undefined || signal?.aborted) {
          await state.save();
          return 'stopped';
        }
        if (next.done) throw new Error('the batches ended before the run');
        const waitedMilliseconds = performance.now() - begun;
        await state.open();

        const unit = unitAt(schedule, state.unit);
        const report = searcher.work(unit, next.value);
        checkFinite(report, unit, state);
        const seconds = (performance.now() - begun) / 1000;
        const { main, alphas } = next.value;
        const preparedMilliseconds = main.preparedMilliseconds + (alphas?.preparedMilliseconds ?? 0);
        addUnit(state.sums, report, { seconds, waitedMilliseconds, preparedMilliseconds });
        state.unit++;
        onProgress?.(progressOf(unit, report, state));
        if (unit.last) {
          const record = state.finishRound(unit);
          await state.saveRound(this.genotype);
          yield record;
          if (this.#collapsed(record)) return 'collapsed';
        } else if (checkpoint !== undefined && state.isDue(checkpoint)) {
          await state.save();
        }
      }
      await state.save();
      return end === total ? 'finished' : 'stopped';
    } finally {
      // Not waited for: batches under way must not hold up the stop.
      void batches.return?.();
    }
  }
}

/** The value of a promise, or undefined as soon as the signal aborts. */
async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    return undefined;
  }
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Throws an input error at the first loss or gradient that is no number any more; nothing of the step is saved then. */
function checkFinite(report: UnitReport, unit: Unit, state: RunState): void {
  if (report.phase === 'score') return;
  const values = {
    'the loss': report.loss,
    'the norm of the gradients': report.gradientNorm,
    'the loss of the alphas': report.alphas?.loss ?? 0,
    'the norm of the gradients of the alphas': report.alphas?.gradientNorm ?? 0,
  };
  const wrong = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (wrong === undefined) return;
  const place = `step ${unit.step + 1} of ${state.searcher.schedule.trainSteps} in epoch ${unit.round + 1}`;
  throw inputError(
    `${wrong[0]} should be a finite number, got ${wrong[1]} at ${place}${state.giveUp()}; a smaller learning rate may help`,
  );
}

function progressOf({ round, phase, step }: Unit, report: UnitReport, state: RunState): Progress {
  const { schedule } = state.searcher;
  return {
    epoch: round + 1,
    epochs: schedule.rounds,
    phase,
    step: step + 1,
    steps: phase === 'train' ? schedule.trainSteps : schedule.scoreSteps,
    done: state.unit,
    total: unitCount(schedule),
    loss: report.phase === 'train' ? report.loss : null,
    imagesPerSecond: imagesPerSecond(state.sums),
  };
}
