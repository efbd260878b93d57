import { parseArgs } from 'node:util';
import { STEP_KINDS, type StepKind } from '@unnas/bench';

export const USAGE = `npm run bench -- [PART ...] [options]

Parts (steps, kernels and memory by default):
  steps     a step of the search, native and its peers in turns: PyTorch, tfjs on libtensorflow
  kinds     our own steps of the weights, of the alphas and of second order, in turns
  derived   a step of training the network of DARTS_V2: 20 cells, 36 channels, batch 32
  stock     the weight step, native and tfjs's own cpu backend: minutes
  ops       every fused op on native, on stock tfjs cpu and on wasm, in turns
  kernels   every fused op, forward and backward, beside what the machine can do
  scaling   steps over batch, channels, cells and threads, each in a process of its own
  transforms  batches of pictures for each task, native, reference and Python's libraries in turns
  precision a small search with activations as float32 and as bfloat16: losses, time, memory
  memory    tensors and resident memory over 20 steps

Options:
  --kind LIST      of steps: weight, alpha, second-order, or several with commas (weight)
  --batch N        pictures in a batch (16; derived 32, ops 4, kernels 64)
  --turns N        steps of each contender that count (5; stock 1, ops and scaling 3, kernels and transforms 9)
  --warmup N       steps before those (2)
  --threads N      threads of each contender (2)
  --seed N         of weights and pictures (0)
  --nchw           PyTorch in its own layout too, not only in the faster channels-last
  --python FILE    the Python to use; by default that with the newest PyTorch
  --json FILE      write all numbers there
  --html FILE      write a page there
  --baseline FILE  compare the ratios with those of an earlier --json
`;

export const PARTS = [
  ...(['steps', 'kinds', 'derived', 'stock', 'ops', 'kernels', 'transforms'] as const),
  ...(['scaling', 'precision', 'memory'] as const),
] as const;
export type Part = (typeof PARTS)[number];
const USUAL: readonly Part[] = ['steps', 'kernels', 'memory'];

export interface BenchmarkOptions {
  readonly parts: readonly Part[];
  readonly kinds: readonly StepKind[];
  /** Where it was not given, each part has its own. */
  readonly batch: number | undefined;
  readonly turns: number | undefined;
  readonly warmup: number;
  readonly threads: number;
  readonly seed: number;
  readonly nchw: boolean;
  readonly python: string | undefined;
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly baseline: string | undefined;
}

/** Reads what was typed; undefined where help was asked for. Throws a RangeError in a sentence where it cannot be meant. */
export function readOptions(args: readonly string[]): BenchmarkOptions | undefined {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...{ kind: text, batch: text, turns: text, warmup: text, threads: text, seed: text },
      ...{ python: text, json: text, html: text, baseline: text },
      nchw: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const strange = positionals.find((part) => !PARTS.includes(part as Part));
  if (strange !== undefined)
    throw new RangeError(`there is no part '${strange}', expected ${PARTS.join(', ')}`);
  const kinds = (values.kind ?? 'weight').split(',');
  const odd = kinds.find((kind) => !STEP_KINDS.includes(kind as StepKind));
  if (odd !== undefined) throw new RangeError(`--kind takes ${STEP_KINDS.join(', ')}, and got '${odd}'`);
  const count = (name: 'batch' | 'turns' | 'warmup' | 'threads' | 'seed', least: number) => {
    const given = values[name];
    const number = Number(given);
    if (given === undefined) return undefined;
    if (given.trim() === '' || !Number.isSafeInteger(number) || number < least)
      throw new RangeError(`--${name} takes a whole number of at least ${least}, and got '${given}'`);
    return number;
  };
  return {
    parts: positionals.length > 0 ? (positionals as Part[]) : USUAL,
    kinds: kinds as StepKind[],
    batch: count('batch', 1),
    turns: count('turns', 1),
    warmup: count('warmup', 1) ?? 2,
    threads: count('threads', 1) ?? 2,
    seed: count('seed', 0) ?? 0,
    nchw: values.nchw,
    python: values.python,
    json: values.json,
    html: values.html,
    baseline: values.baseline,
  };
}
