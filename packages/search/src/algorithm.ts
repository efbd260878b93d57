import type { Picture } from '@unnas/images';
import type { Tensors } from '@unnas/nn';
import type { Metric, Task } from '@unnas/pretext';
import type { Space } from '@unnas/supernet';
import type { RoundResult, RoundSums, UnitReport } from './epoch-record.ts';
import type { Half, HalfBatch } from './half.ts';
import type { Schedule, Unit } from './schedule.ts';
import type { Json, Settings } from './settings.ts';

/**
 * A way to search: `darts()`, `randomSearch()`. The loop around it (pictures, position, log, checkpoints) is the same for all;
 * an algorithm says what one unit of work does.
 */
export interface Algorithm {
  readonly name: string;
  /** Its own options, all filled in: what `config.json` keeps. */
  readonly options: Readonly<Record<string, Json>>;
  /** Throws an input error where the options do not fit the run. */
  check(settings: Settings): void;
  /** Builds the networks, at the start of a run. */
  begin(setup: Setup): Searcher;
}

export interface Setup {
  readonly task: Pick<Task<Picture>, 'classes' | 'channels' | 'head' | 'loss' | 'metric'>;
  readonly space: Space;
  readonly settings: Settings;
  readonly weights: Half;
  readonly alphas: Half;
}

/** Host batches of one unit. */
export interface Prepared {
  /** Of the weight half when training, of the alpha half when scoring. */
  readonly main: HalfBatch;
  /** For the step of the alphas, where the unit has one. */
  readonly alphas: HalfBatch | undefined;
}

/** An algorithm at work. Owns variables; what it does next depends on the unit alone. */
export interface Searcher {
  readonly schedule: Schedule;
  /** How answers are counted and scored. */
  readonly metric: Metric;
  /** Makes the batches of a unit. Does not touch the network, so units can be prepared ahead. */
  prepare(unit: Unit): Promise<Prepared>;
  /** Does a unit. Units come in order. */
  work(unit: Unit, prepared: Prepared): UnitReport;
  /** Ends a round that was scored. */
  finish(round: number, sums: RoundSums): RoundResult;
  /** Everything that a later unit depends on. The tensors stay the searcher's own. */
  save(): { tensors: Tensors; memory: Json };
  /** Puts back what `save` gave before the unit `next`. Throws a RangeError where a tensor is missing or has another shape. */
  load(saved: { tensors: Tensors; memory: Json }, next: Unit | undefined): void;
  dispose(): void;
}
