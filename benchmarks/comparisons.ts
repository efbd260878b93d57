import * as tf from '@tensorflow/tfjs';
import { findPython, type Layout, PyTorchStep } from './pytorch.ts';
import { type StepOptions, type SupernetStep, supernetStep } from './supernet-step.ts';
import { type Contender, clock, type Timing, takeTurns } from './timing.ts';

/** Several ways of doing the same weight step, timed in turns. */
export interface Comparison {
  readonly timings: Timing[];
  /** How many times faster the native backend is than each other contender, by medians, an image. */
  readonly ratios: Record<string, number>;
  readonly notes: Record<string, string | number>;
}

/** A step as a contender: on its own backend, and with the garbage of others collected before the clock starts. */
const onBackend = (name: string, backend: string, step: SupernetStep): Contender => ({
  name,
  images: step.images,
  run: async () => {
    await tf.setBackend(backend);
    global.gc?.();
    return clock(() => void step.run());
  },
});

async function makeStep(backend: string, options: StepOptions): Promise<SupernetStep> {
  await tf.setBackend(backend);
  return supernetStep(options);
}

const compare = (timings: Timing[], notes: Comparison['notes']): Comparison => {
  const perImage = ({ median, images }: Timing) => median / images;
  const [native, ...others] = timings;
  return {
    timings,
    ratios: Object.fromEntries(others.map((other) => [other.name, perImage(other) / perImage(native!)])),
    notes,
  };
};

/**
 * Against tfjs's own backend `cpu`, which takes about a minute an image whatever the batch: it gets one image, no warm-up and
 * few turns. Ours takes part twice: with a batch as in a search, and with one image, where calls cost more than arithmetic.
 */
export async function againstStock(options: StepOptions, turns: number): Promise<Comparison> {
  const native = await makeStep('native', options);
  const single = await makeStep('native', { ...options, batch: 1 });
  for (let i = 0; i < 2; i++) for (const step of [native, single]) step.run();
  const stock = await makeStep('cpu', { ...options, batch: 1 });
  const contenders = [
    onBackend('native', 'native', native),
    onBackend('native, one image', 'native', single),
    onBackend('stock tfjs cpu', 'cpu', stock),
  ];
  const timings = await takeTurns(contenders, { turns, warmup: 0 });
  for (const step of [native, single, stock]) step.dispose();
  await tf.setBackend('native');
  return compare(timings, {});
}

/** Against PyTorch in each layout; undefined where no Python on this machine has PyTorch. */
export async function againstPyTorch(
  options: StepOptions,
  { layouts, turns, threads }: { layouts: readonly Layout[]; turns: number; threads: number },
): Promise<Comparison | undefined> {
  const python = findPython();
  if (python === undefined) return undefined;
  const native = await makeStep('native', options);
  const peers: PyTorchStep[] = [];
  let version = '';
  try {
    for (const layout of layouts) {
      const { step, torch, parameters } = await PyTorchStep.start(python, layout, options, threads);
      peers.push(step);
      version = torch;
      if (parameters !== native.parameters) {
        throw new Error(`PyTorch's network has ${parameters} parameters, ours ${native.parameters}`);
      }
    }
    // Its first step makes primitives and faults memory in; ours is made of what is there.
    const timings = await takeTurns([onBackend('native', 'native', native), ...peers], { turns, warmup: 2 });
    const peaks = peers.map(({ name, peakBytes }) => [`peak GiB of ${name}`, gibibytes(peakBytes)] as const);
    return compare(timings, {
      PyTorch: version,
      threads,
      parameters: native.parameters,
      ...Object.fromEntries(peaks),
    });
  } finally {
    for (const peer of peers) peer.stop();
    native.dispose();
  }
}

/** Rounded to a hundredth. */
export const gibibytes = (bytes: number): number => Math.round((100 * bytes) / 2 ** 30) / 100;
