// A step in a process of its own: reads the options as JSON from its first argument, and a line from standard input for each step.
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { clock, peakResidentMiB, type TrainingStepOptions, trainingStep } from '@unnas/bench';
import { addonStatus, type KernelTime, setThreads, timeKernels } from '@unnas/native';
import { type BackendName, useBackend } from 'unnas';

export interface ServedStep extends TrainingStepOptions {
  readonly backend: BackendName;
  readonly threads: number;
}

const say = (value: object) => void process.stdout.write(`${JSON.stringify(value)}\n`);

async function serve({ backend, threads, ...options }: ServedStep): Promise<void> {
  await useBackend(backend);
  const native = backend === 'native';
  if (native) setThreads(threads);
  const status = addonStatus();
  const step = trainingStep(options);
  say({ version: native && status.loaded ? status.isa : `tfjs ${backend}`, parameters: step.parameters });
  for await (const _ of createInterface({ input: process.stdin })) {
    let loss = Number.NaN;
    let kernels: Record<string, KernelTime> = {};
    const milliseconds = clock(() => {
      const timed = timeKernels(() => step.run());
      loss = timed.result.loss;
      kernels = timed.kernels;
    });
    const inside = Object.values(kernels).reduce((sum, kernel) => sum + kernel.milliseconds, 0);
    const shareOutsideKernels = native ? { shareOutsideKernels: 1 - inside / milliseconds } : {};
    await setImmediate(); // Node frees the memory of dropped arrays
    say({ milliseconds, loss, peakResidentMiB: peakResidentMiB(), ...shareOutsideKernels });
  }
}

try {
  // tfjs writes advice to standard output, which is ours.
  console.log = console.warn = console.info = () => {};
  await serve(JSON.parse(process.argv[2]!) as ServedStep);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
