import type { Machine } from './machine.ts';
import type { KernelsRecord } from './measure-kernels.ts';
import type { StepRecord } from './measure-step.ts';
import type { StepKind, StepSize } from './step-cost.ts';

/** Everything that one run measured, as plain JSON: what `--json` writes, the page shows and `--baseline` reads. */
export interface BenchReport {
  readonly format: 1;
  /** When, as ISO 8601 has it. */
  readonly taken: string;
  /** What was typed. */
  readonly command: string;
  readonly machine: Machine;
  readonly steps: readonly StepRecord[];
  readonly comparisons: readonly StepComparison[];
  readonly kernels: KernelsRecord | null;
  readonly ops: readonly OpComparison[];
  readonly scaling: readonly ScalingPoint[];
  readonly transforms: readonly TransformComparison[];
  readonly precision: readonly PrecisionRecord[];
}

/** Samples of what the machine can do, taken while others were measured. */
export interface CeilingSamples {
  readonly gigaflopsPerSecond: { readonly median: number; readonly best: number };
  readonly gigabytesPerSecond: { readonly median: number; readonly best: number };
}

/** Who took part in a comparison. Rates are by the median. */
export interface ContenderRecord {
  readonly name: string;
  /** What it says of itself, such as the version of PyTorch. */
  readonly version: string;
  /** Pictures that a step goes through. */
  readonly images: number;
  readonly firstMilliseconds: number;
  /** Every step that counts, in order. */
  readonly milliseconds: readonly number[];
  readonly medianMilliseconds: number;
  readonly bestMilliseconds: number;
  readonly imagesPerSecond: number;
  /** Of a process that did nothing else. */
  readonly peakResidentMiB: number;
  readonly gigaflopsPerSecond: number;
  /** Of the best sample of multiply-adds; null without the addon. */
  readonly shareOfCeiling: number | null;
  /** Share of a step outside of native kernels; null where there are none. */
  readonly shareOutsideKernels: number | null;
  /** How many times as long as the first contender it takes an image. */
  readonly timesAsLong: number;
}

/** Steps of one network by several contenders, in turns; the first is the one that the others are compared with. */
export interface StepComparison extends StepSize {
  readonly title: string;
  readonly kind: StepKind;
  /** `supernet`, or the name of a genotype. */
  readonly network: string;
  readonly threads: number;
  readonly parameters: number;
  readonly ceilings: CeilingSamples | null;
  readonly contenders: readonly ContenderRecord[];
  /** Who could not take part, and why. */
  readonly leftOut: readonly string[];
}

/** One op by several backends in turns, in milliseconds; null where a backend cannot do it. */
export interface OpComparison {
  readonly name: string;
  readonly size: string;
  /** `both` is forward and backward together. */
  readonly pass: 'forward' | 'both';
  readonly milliseconds: Readonly<Record<string, number | null>>;
}

/** The making of batches for one task, by several contenders in turns; the first is the one that the others are compared with. */
export interface TransformComparison {
  readonly task: string;
  /** Side of the pictures. */
  readonly size: number;
  readonly pictures: number;
  readonly contenders: readonly {
    readonly name: string;
    readonly threads: number;
    /** By the median of the turns. */
    readonly picturesPerSecond: number;
    /** How many times as long as the first it takes. */
    readonly timesAsLong: number;
  }[];
}

/** A step of the supernet in a process of its own, at one of several values of one setting. */
export interface ScalingPoint {
  readonly axis: 'batch' | 'channels' | 'cells' | 'threads';
  readonly step: StepRecord;
}

/** A small search, and a step, with activations kept as one of the formats that there are. */
export interface PrecisionRecord {
  readonly activations: string;
  /** Mean loss of the weight steps of every epoch of the search. */
  readonly losses: readonly number[];
  /** On held-out pictures, 0 to 1. */
  readonly accuracies: readonly number[];
  /** Of a weight step of the supernet. */
  readonly stepMilliseconds: number;
  readonly peakResidentMiB: number;
}

/** What one measurement by itself is as a report. */
export function benchReport(
  parts: Pick<BenchReport, 'command' | 'machine'> & Partial<BenchReport>,
): BenchReport {
  return {
    format: 1,
    taken: new Date().toISOString(),
    steps: [],
    comparisons: [],
    kernels: null,
    ops: [],
    scaling: [],
    transforms: [],
    precision: [],
    ...parts,
  };
}
