import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { addonStatus, fmaCeiling, type KernelTime, memoryCeiling, timeKernels } from '@unnas/native';
import { type Machine, machine, peakResidentMiB } from './machine.ts';
import { clock, median } from './statistics.ts';
import { stepGigaflops } from './step-cost.ts';
import { type TrainingStepOptions, trainingStep } from './training-step.ts';

/** A step, measured. Plain JSON; rates and shares are by the median. */
export interface StepRecord extends Omit<TrainingStepOptions, 'genotype'> {
  readonly backend: string;
  /** `supernet`, or the name of a genotype. */
  readonly network: string;
  /** Null where the backend does not say. */
  readonly threads: number | null;
  readonly isa: string | null;
  readonly parameters: number;
  /** The first step, which also takes memory from the system. */
  readonly firstMilliseconds: number;
  /** Every step after the first. */
  readonly milliseconds: number[];
  readonly medianMilliseconds: number;
  readonly firstOverMedian: number;
  readonly imagesPerSecond: number;
  /** Most memory that the process had in RAM until the last step was done. */
  readonly peakResidentMiB: number;
  /** Work of a step, see `stepGigaflops`. */
  readonly gigaflops: number;
  readonly gigaflopsPerSecond: number;
  /** What the machine can do at most, sampled between the steps; null without the addon. */
  readonly ceilings: { readonly gigaflopsPerSecond: number; readonly gigabytesPerSecond: number } | null;
  /** Of the multiply-adds that the machine can do at most, 0 to 1. */
  readonly shareOfCeiling: number | null;
  /** Share of a step that is spent outside of native kernels; null on other backends. */
  readonly shareOutsideKernels: number | null;
  /** Native kernels of the step of median length, the longest first. */
  readonly kernels: ({ readonly name: string } & KernelTime)[];
  /** Loss of every step, the first included: it falls. */
  readonly losses: number[];
  readonly machine: Machine;
}

export interface MeasureStepOptions extends TrainingStepOptions {
  /** Steps after the first. */
  readonly steps: number;
  /** The name of the genotype. */
  readonly network?: string;
  /** Called after each step, the first is 0. */
  readonly onStep?: (step: number, milliseconds: number) => void;
}

/**
 * Measures a step on the backend of the moment. Between two steps the event loop has a turn, outside of the clock, as in a search:
 * that is when Node frees the memory of dropped arrays.
 */
export async function measureStep(options: MeasureStepOptions): Promise<StepRecord> {
  const { steps, network = 'supernet', onStep, genotype, ...settings } = options;
  const addon = addonStatus();
  const backend = tf.getBackend();
  const step = trainingStep(options);
  const done: { milliseconds: number; kernels: Record<string, KernelTime> }[] = [];
  const losses: number[] = [];
  const fma: number[] = [];
  for (let i = 0; i <= steps; i++) {
    let kernels: Record<string, KernelTime> = {};
    const milliseconds = clock(() => {
      const timed = timeKernels(() => step.run());
      kernels = timed.kernels;
      losses.push(timed.result.loss);
    });
    done.push({ milliseconds, kernels });
    onStep?.(i, milliseconds);
    await setImmediate();
    if (addon.loaded) fma.push(fmaCeiling());
  }
  const peak = peakResidentMiB();
  step.dispose();
  const ceilings = addon.loaded
    ? { gigaflopsPerSecond: Math.max(...fma), gigabytesPerSecond: Math.max(...memoryCeiling()) }
    : null;

  const [first, ...rest] = done as [(typeof done)[number], ...typeof done];
  const milliseconds = rest.map((one) => one.milliseconds);
  const middle = median(milliseconds);
  const gigaflops = stepGigaflops(options.kind, options, genotype);
  const rate = (1e3 * gigaflops) / middle;
  const native = backend === 'native' && addon.loaded;
  return {
    backend,
    network,
    ...settings,
    threads: native ? addon.threads : null,
    isa: native ? addon.isa : null,
    parameters: step.parameters,
    firstMilliseconds: first.milliseconds,
    milliseconds,
    medianMilliseconds: middle,
    firstOverMedian: first.milliseconds / middle,
    imagesPerSecond: (1e3 * options.batch) / middle,
    peakResidentMiB: peak,
    gigaflops,
    gigaflopsPerSecond: rate,
    ceilings,
    shareOfCeiling: ceilings === null ? null : rate / ceilings.gigaflopsPerSecond,
    shareOutsideKernels: native ? median(rest.map(outsideKernels)) : null,
    kernels: byTime(nearest(rest, middle).kernels),
    losses,
    machine: machine(),
  };
}

const outsideKernels = ({
  milliseconds,
  kernels,
}: {
  milliseconds: number;
  kernels: Record<string, KernelTime>;
}) => 1 - Object.values(kernels).reduce((sum, kernel) => sum + kernel.milliseconds, 0) / milliseconds;

function nearest<T extends { milliseconds: number }>(steps: readonly T[], to: number): T {
  return steps.reduce((best, one) =>
    Math.abs(one.milliseconds - to) < Math.abs(best.milliseconds - to) ? one : best,
  );
}

const byTime = (kernels: Record<string, KernelTime>): StepRecord['kernels'] =>
  Object.entries(kernels)
    .map(([name, time]) => ({ name, ...time }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
