import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { peakResidentMiB, type TrainingStepOptions, trainingStep } from '@unnas/bench';

export interface MemoryRecord {
  /** After each step. */
  readonly tensors: number[];
  readonly residentMiB: number[];
  /** Most resident memory that the process ever had. */
  readonly peakResidentMiB: number;
  /** Whether the number of tensors changed, or resident memory grew by more than a fiftieth and 16 MiB, after the first quarter. */
  readonly grows: boolean;
}

/** Tensors and resident memory over the steps of a training: both must stay as they are after the first. */
export async function memoryOverSteps(options: TrainingStepOptions, steps: number): Promise<MemoryRecord> {
  const step = trainingStep(options);
  const tensors: number[] = [];
  const residentMiB: number[] = [];
  for (let i = 0; i < steps; i++) {
    step.run();
    // Garbage that waits to be collected is no leak. Node frees the memory of arrays in a turn of its own loop.
    global.gc?.();
    await setImmediate();
    tensors.push(tf.memory().numTensors);
    residentMiB.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
  }
  step.dispose();
  const settled = Math.floor(steps / 4);
  const [before, after] = [residentMiB[settled]!, residentMiB.at(-1)!];
  return {
    tensors,
    residentMiB,
    peakResidentMiB: peakResidentMiB(),
    grows: new Set(tensors.slice(settled)).size > 1 || after > Math.max(1.02 * before, before + 16),
  };
}
