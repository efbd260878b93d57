import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { type StepOptions, supernetStep } from './supernet-step.ts';

export interface MemoryRecord {
  /** After each step. */
  readonly tensors: number[];
  readonly residentBytes: number[];
  /** Most resident memory that the process ever had. */
  readonly peakBytes: number;
  /** Whether the number of tensors changed, or resident memory grew by more than a fiftieth, after the first quarter. */
  readonly grows: boolean;
}

/** Tensors and resident memory over the steps of a training: both must stay as they are after the first. */
export async function memoryOverSteps(options: StepOptions, steps: number): Promise<MemoryRecord> {
  const step = supernetStep(options);
  const tensors: number[] = [];
  const residentBytes: number[] = [];
  for (let i = 0; i < steps; i++) {
    step.run();
    // Garbage that waits to be collected is no leak. Node frees the memory of arrays in a turn of its own loop.
    global.gc?.();
    await setImmediate();
    tensors.push(tf.memory().numTensors);
    residentBytes.push(process.memoryUsage.rss());
  }
  step.dispose();
  const settled = Math.floor(steps / 4);
  const growth = residentBytes.at(-1)! / residentBytes[settled]!;
  return {
    tensors,
    residentBytes,
    peakBytes: 1024 * process.resourceUsage().maxRSS,
    grows: new Set(tensors.slice(settled)).size > 1 || growth > 1.02,
  };
}
