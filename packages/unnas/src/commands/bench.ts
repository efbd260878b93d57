import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {
  type BenchReport,
  baselineLines,
  baselineRows,
  benchPage,
  benchReport,
  kernelLines,
  type MeasureStepOptions,
  measureKernels,
  measureStep,
  parseReport,
  STEP_KINDS,
  stepRows,
} from '@unnas/bench';
import { writeFileAtomic } from '@unnas/images';
import { addonStatus, setThreads } from '@unnas/native';
import { ACTIVATIONS } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { useBackend } from '../backend.ts';
import { BACKENDS } from '../backend-name.ts';
import { command, table } from '../command.ts';
import { namedGenotype } from '../named-genotype.ts';
import { choice, count, evenCount, flag, type Given, kebab, text } from '../options.ts';
import { onePositional } from '../positionals.ts';
import { didYouMean } from '../suggest.ts';
import type { Terminal } from '../terminal.ts';

const options = {
  backend: choice(BACKENDS, 'what computes; native if its addon is there, else cpu'),
  kind: choice(STEP_KINDS, 'of step: what is done, weight by default'),
  genotype: text('NAME', 'of derived: a published genotype or a file with one, darts_v2 by default'),
  cells: count('cells of the network; 8, and 20 of a derived one'),
  channels: evenCount('channels of a node in the first cells; 16, and 36 of a derived network'),
  size: count('height and width of the pictures, 32 by default', 4),
  batch: count('pictures in a batch; 64, and 32 for a derived network'),
  activations: choice(ACTIVATIONS, 'of step: what maps are kept as, float32 by default'),
  steps: count('steps after the first, or turns of each kernel; 5 by default'),
  threads: count('processor threads; all by default'),
  seed: count('decides weights and pictures, 0 by default', 0),
  html: text('FILE', 'write a page about it there'),
  baseline: text('FILE', 'compare the ratios with those of an earlier --json in this file'),
  json: flag('one JSON line, and nothing else on standard output'),
};
type BenchOptions = Given<typeof options>;

const PARTS: Readonly<
  Record<string, { readonly without: readonly string[]; readonly run: typeof benchStep }>
> = {
  step: { without: ['genotype'], run: benchStep },
  derived: { without: ['kind', 'activations'], run: benchDerived },
  kernels: {
    without: ['kind', 'genotype', 'cells', 'channels', 'size', 'seed', 'activations'],
    run: benchKernels,
  },
};

export const bench = command({
  name: 'bench',
  usage: 'step|derived|kernels [options]',
  summary: 'Measures steps of training and kernels, beside what the machine can do at most.',
  details: `step     a step of the search: of the weights, of the alphas, or of the alphas in second order
derived  a step of training the network of a genotype
kernels  every fused operation of the backend native, forward and backward, at the sizes of the
         supernets for CIFAR and ImageNet

A time by itself says as much of the neighbours as of the program: compare ratios that were taken
in one run, such as the share of what the machine can do.`,
  options,
  async run(given, positionals, terminal) {
    const name = onePositional(positionals, `what to measure (${Object.keys(PARTS).join(', ')})`);
    const part = Object.hasOwn(PARTS, name) ? PARTS[name]! : undefined;
    if (part === undefined) {
      throw inputError(
        `expected what to measure (${Object.keys(PARTS).join(', ')}), and got '${name}'${didYouMean(name, Object.keys(PARTS))}`,
      );
    }
    const strange = part.without.find((option) => option in given);
    if (strange !== undefined) throw inputError(`--${kebab(strange)} is no option of unnas bench ${name}`);
    const backend = await useBackend(given.backend);
    if (given.threads !== undefined && backend !== 'native')
      throw inputError(`--threads is an option of the backend native, and this is ${backend}`);
    if (addonStatus().loaded) setThreads(given.threads ?? 0);
    const baseline = given.baseline === undefined ? undefined : readBaseline(given.baseline);
    const report = await part.run(given, terminal);
    if (baseline !== undefined) {
      const rows = baselineRows(report, baseline);
      terminal.event({ event: 'baseline', file: given.baseline, ratios: rows });
      terminal.line(`\nbeside ${given.baseline}`);
      for (const line of baselineLines(rows)) terminal.line(line);
    }
    if (given.html !== undefined) await writeFileAtomic(given.html, benchPage(report, baseline));
    return 0;
  },
});

function readBaseline(file: string): BenchReport {
  if (!existsSync(file)) throw inputError(`there is no file '${file}' to compare with`);
  return parseReport(readFileSync(file, 'utf8'), file);
}

async function benchStep(given: BenchOptions, terminal: Terminal): Promise<BenchReport> {
  const { kind = 'weight', cells = 8, channels = 16, batch = 64, activations = 'float32' } = given;
  if (activations !== 'float32' && tf.getBackend() !== 'native')
    throw inputError(
      `--activations ${activations} is an option of the backend native, and this is ${tf.getBackend()}`,
    );
  return measure({ ...rest(given), kind, cells, channels, batch, activations }, terminal);
}

async function benchDerived(given: BenchOptions, terminal: Terminal): Promise<BenchReport> {
  const { cells = 20, channels = 36, batch = 32 } = given;
  const { name: network, genotype } = namedGenotype(given.genotype ?? 'darts_v2');
  return measure({ ...rest(given), kind: 'weight', cells, channels, batch, network, genotype }, terminal);
}

async function benchKernels(given: BenchOptions, terminal: Terminal): Promise<BenchReport> {
  if (tf.getBackend() !== 'native')
    throw inputError(`the kernels are those of the backend native, and this is ${tf.getBackend()}`);
  const onOp = (name: string, size: string) => terminal.progress(`${name}, ${size}`);
  const record = await measureKernels({ batch: given.batch ?? 64, turns: given.steps ?? 5, onOp });
  terminal.endProgress();
  terminal.event({ event: 'kernels', ...record });
  for (const line of kernelLines(record)) terminal.line(line);
  return benchReport({ command: typed(), machine: record.machine, kernels: record });
}

const typed = () => `unnas ${process.argv.slice(2).join(' ')}`;

/** What all steps have in common. */
function rest({ size = 32, seed = 0, steps = 5 }: BenchOptions) {
  return { size, seed, steps, stem: 'cifar', classes: 10 } as const;
}

async function measure(asked: MeasureStepOptions, terminal: Terminal): Promise<BenchReport> {
  const onStep = (i: number, milliseconds: number) =>
    terminal.progress(`step ${i} of ${asked.steps}: ${Math.round(milliseconds)} ms`);
  const record = await measureStep({ ...asked, onStep });
  terminal.endProgress();
  terminal.event({ event: 'step', ...record });
  terminal.line(table(stepRows(record)));
  return benchReport({ command: typed(), machine: record.machine, steps: [record] });
}
