import * as tf from '@tensorflow/tfjs';
import type { Genotype } from '@unnas/genotype';
import { tidyValues } from '@unnas/nn';
import { inputError } from '@unnas/random';
import type { Searcher } from './algorithm.ts';
import { decodeCheckpoint, encodeCheckpoint, tensorsOf } from './checkpoint.ts';
import { type EpochRecord, emptySums, epochRecord, type RoundSums } from './epoch-record.ts';
import { checkpointPath, type RunFolder } from './run-folder.ts';
import { type Unit, unitAt, unitCount } from './schedule.ts';
import type { CheckpointTimes } from './settings.ts';

/** What a run starts from. */
export interface Beginning {
  readonly searcher: Searcher;
  /** The folder of a run that goes on. */
  readonly store?: RunFolder;
  /** Makes the folder of a new run; called when the first batch is there, so that bad pictures leave no folder behind. */
  readonly create?: () => Promise<RunFolder>;
  /** The file of a run that goes on, if it had come to a first checkpoint. */
  readonly checkpoint?: Uint8Array | undefined;
  /** The log of a run that goes on. It can be longer than the checkpoint knows of. */
  readonly records?: readonly EpochRecord[];
  /** What has changed around a run that goes on. */
  readonly notes?: readonly string[];
}

/** Where a run is, and its files. */
export class RunState {
  readonly searcher: Searcher;
  store: RunFolder | undefined;
  /** The next unit of work. */
  unit = 0;
  sums: RoundSums = emptySums();
  records: EpochRecord[] = [];
  #create: (() => Promise<RunFolder>) | undefined;
  /** Whether this is a new run with nothing in its folder yet that it could go on from. */
  #untouched = false;
  #savedUnit = 0;
  #savedTime = performance.now();

  constructor({ searcher, store, create }: Beginning) {
    this.searcher = searcher;
    this.store = store;
    this.#create = create;
  }

  /** Goes back to where the checkpoint is; to the start without one. */
  async restore({ checkpoint, records = [] }: Beginning): Promise<void> {
    if (this.store === undefined) return;
    const folder = this.store.path;
    if (checkpoint !== undefined) this.#load(checkpoint, checkpointPath(folder));
    const { trainSteps, scoreSteps } = this.searcher.schedule;
    const rounds = Math.floor(this.unit / (trainSteps + scoreSteps));
    if (records.length < rounds || (checkpoint === undefined && records.length > 1)) {
      throw inputError(
        `${folder} is damaged: its log has ${records.length} epochs, its checkpoint comes after ${rounds}`,
      );
    }
    this.records = records.slice(0, rounds);
    if (records.length > rounds) await this.store.writeRecords(this.records);
    this.#savedUnit = this.unit;
  }

  #load(bytes: Uint8Array, file: string): void {
    const { position, tensors } = decodeCheckpoint(bytes, file);
    const { unit, sums, memory } = position;
    const total = unitCount(this.searcher.schedule);
    const next = unit < total ? unitAt(this.searcher.schedule, unit) : undefined;
    tf.tidy(() => {
      try {
        this.searcher.load({ tensors: tensorsOf(tensors), memory }, next);
      } catch (cause) {
        throw inputError(`the checkpoint ${file} does not fit its run: ${(cause as Error).message}`, {
          cause,
        });
      }
    });
    this.unit = unit;
    this.sums = sums;
  }

  /** Makes the folder of a new run, the first time. */
  async open(): Promise<void> {
    if (this.#create === undefined) return;
    this.store = await this.#create();
    this.#create = undefined;
    this.#untouched = true;
  }

  /**
   * Gives up a run that goes wrong in itself, and would again: what was saved of it stays, and a new run of which nothing was
   * saved leaves no folder.
   *
   * @returns what became of its folder, as the end of a sentence
   */
  giveUp(): string {
    if (this.store === undefined) return '';
    const { path } = this.store;
    if (!this.#untouched) return `; ${path} stays as it was at its last checkpoint`;
    this.store.discard();
    this.store = undefined;
    return `; nothing of ${path} is kept, for it had no checkpoint yet`;
  }

  /** Writes a checkpoint, unless there is one of this position, or no folder. */
  async save(): Promise<void> {
    if (this.store === undefined || this.#savedUnit === this.unit) return;
    const bytes = tidyValues(() => {
      const { tensors, memory } = this.searcher.save();
      return encodeCheckpoint(tensors, { unit: this.unit, sums: this.sums, memory });
    });
    this.#untouched = false;
    await this.store.writeCheckpoint(bytes);
    this.#savedUnit = this.unit;
    this.#savedTime = performance.now();
  }

  /** Whether a checkpoint within the round should be written now. */
  isDue({ steps = Infinity, seconds = Infinity }: CheckpointTimes): boolean {
    return this.unit - this.#savedUnit >= steps || (performance.now() - this.#savedTime) / 1000 >= seconds;
  }

  /** Ends the round of the unit that was done last, and adds its record. */
  finishRound({ round }: Unit): EpochRecord {
    const { schedule, metric } = this.searcher;
    const result = this.searcher.finish(round, this.sums);
    const record = epochRecord(round + 1, schedule.rounds, this.sums, { ...result, metric });
    this.records.push(record);
    this.sums = emptySums();
    return record;
  }

  /** Writes everything after a round. The log goes first: it may be ahead of the checkpoint, never behind. */
  async saveRound(genotype: Genotype): Promise<void> {
    if (this.store === undefined) return;
    this.#untouched = false;
    await this.store.writeRecords(this.records);
    await this.store.writeGenotype(genotype);
    await this.save();
  }
}
