import { type Baseline, type Budget, baselineOf } from './baseline.ts';
import type { EpochRecord } from './epoch-record.ts';
import type { Outcome, SearchRun } from './search-run.ts';

/** A comparison under way. Iterating it does the work and yields a record for each architecture, the found one first. */
export interface ComparisonRun extends AsyncIterable<EpochRecord> {
  /** The architectures that are done, those before a resume included. */
  readonly records: readonly EpochRecord[];
  /** How the found architecture compares. Throws before all architectures are trained and scored. */
  readonly baseline: Baseline;
  /** Undefined until the iteration has ended, and if it failed. */
  readonly outcome: Outcome | undefined;
  /** Of a resumed comparison: what has changed since it was begun and may change its last bits, in sentences. */
  readonly notes: readonly string[];
}

/** What happens around the training of the architectures. */
export interface Around {
  /** Before the first. */
  readonly check?: () => Promise<void>;
  /** After the last. */
  readonly finish?: (baseline: Baseline) => Promise<void>;
}

export class Comparison implements ComparisonRun {
  readonly #run: SearchRun;
  readonly #plan: Around & { readonly samples: number; readonly budget: Budget };

  constructor(run: SearchRun, plan: Around & { readonly samples: number; readonly budget: Budget }) {
    this.#run = run;
    this.#plan = plan;
  }

  get records() {
    return this.#run.records;
  }

  get outcome() {
    return this.#run.outcome;
  }

  get notes() {
    return this.#run.notes;
  }

  get baseline(): Baseline {
    const { samples, budget } = this.#plan;
    if (this.records.length < 1 + samples) {
      throw new Error('there is no outcome before all architectures are trained and scored');
    }
    return baselineOf(this.records, budget);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EpochRecord, void> {
    await this.#plan.check?.();
    yield* this.#run;
    if (this.outcome === 'finished') await this.#plan.finish?.(this.baseline);
  }
}
