import type { Genotype } from '@unnas/genotype';
import type { Baseline, EpochRecord, Outcome, Progress, Reproduction } from '@unnas/search';
import type { BackendName } from './backend-name.ts';
import type { SearchPlan } from './plan/search-plan.ts';
import type { SearchWishes } from './search-request.ts';

/** What the worker that does a search is sent. Plain values: it crosses threads. */
export interface SearchJob {
  readonly kind: 'new' | 'plan' | 'resume' | 'repro' | 'compare';
  /** The run folder; a plan has no use for it. */
  readonly folder: string;
  /** Of a new run, or of a plan for one. */
  readonly wishes?: SearchWishes;
  /** Of a comparison. */
  readonly comparison?: ComparisonWishes;
  /** The one the run was begun with, or for a new run the best there is, if undefined. */
  readonly backend?: BackendName;
  /** All that the process may use if undefined. */
  readonly threads?: number;
  /** Steps between checkpoints, besides those that are written anyway. */
  readonly checkpointEvery?: number;
}

/** How a run is compared with random architectures; what is left out is as in the run. */
export interface ComparisonWishes {
  readonly samples?: number;
  readonly epochs?: number;
  readonly limit?: number;
  readonly drawSeed?: number;
  readonly fresh?: boolean;
}

/** What it answers: `begun`, then progress and epochs, then `ended`, `reproduced` or `compared`; or `planned`; remarks at any time; `failed` when nothing more will come. */
export type SearchMessage =
  | { readonly event: 'note' | 'doing'; readonly text: string }
  | {
      readonly event: 'begun';
      readonly folder: string;
      readonly backend: string;
      /** Of the backend `native`; elsewhere null. */
      readonly isa: string | null;
      readonly threads: number | null;
      readonly task: string;
      /** What guessing gets; null where that depends on the pictures, and each record tells. */
      readonly chance: number | null;
      readonly metric: string;
      readonly data: string;
      readonly pictures: number;
      /** Side in pixels; null where each picture has a size of its own. */
      readonly size: number | null;
      /** What a record is about. */
      readonly round: 'epoch' | 'architecture';
      /** Rounds that were done before, in a run that goes on. */
      readonly roundsDone: number;
    }
  | { readonly event: 'progress'; readonly progress: Progress }
  | { readonly event: 'epoch'; readonly record: EpochRecord }
  | {
      readonly event: 'ended';
      readonly outcome: Outcome;
      readonly folder: string;
      readonly genotype: Genotype | null;
      /** Path of the report, once an epoch has ended. */
      readonly report: string | null;
    }
  | { readonly event: 'reproduced'; readonly folder: string; readonly reproduction: Reproduction }
  | {
      readonly event: 'compared';
      readonly folder: string;
      readonly baseline: Baseline;
      readonly report: string;
    }
  | { readonly event: 'planned'; readonly plan: SearchPlan }
  | { readonly event: 'failed'; readonly name: string; readonly message: string; readonly stack: string };

export type MessageOf<E extends SearchMessage['event']> = Extract<SearchMessage, { readonly event: E }>;
