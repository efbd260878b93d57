import { fileURLToPath } from 'node:url';
import {
  type ContenderRecord,
  median,
  type StepComparison,
  type StepKind,
  stepGigaflops,
  type TrainingStepOptions,
} from '@unnas/bench';
import { fmaCeiling, memoryCeiling } from '@unnas/native';
import { type Layout, type Python, pytorchStep } from './pytorch.ts';
import { type StepAnswer, type StepCommand, StepProcess } from './step-process.ts';
import type { ServedStep } from './step-server.ts';
import { takeTurns } from './turns.ts';

export interface CompareOptions {
  readonly title: string;
  readonly network: string;
  readonly options: TrainingStepOptions;
  readonly threads: number;
  /** Steps that count, after `warmup` ones that do not. */
  readonly turns: number;
  readonly warmup: number;
  /** The first is the one that the others are compared with. */
  readonly commands: readonly (StepCommand & { readonly kind?: StepKind })[];
  readonly onSay?: (text: string) => void;
}

const from = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** One of our own backends as a contender. */
export function ownStep(name: string, step: ServedStep): StepCommand {
  const loader = ['--conditions=unnas-source', '--import', from('../scripts/typescript.mjs')];
  return {
    name,
    images: step.batch,
    command: process.execPath,
    args: [...loader, from('./step-server.ts'), JSON.stringify(step)],
  };
}

/** The peers of a step: stock tfjs on libtensorflow, and PyTorch in the layouts that are asked for. */
export function peers(
  options: TrainingStepOptions,
  { threads, python, layouts }: { threads: number; python: Python | undefined; layouts: readonly Layout[] },
): StepCommand[] {
  return [
    ...(python === undefined
      ? []
      : layouts.map((layout) => pytorchStep(python, { ...options, threads, layout }))),
    ownStep('tfjs-node-gpu', { ...options, backend: 'tensorflow', threads }),
  ];
}

/** Lets all contenders take turns. Between two rounds the machine's rate of multiply-adds is sampled. */
export async function compareSteps(asked: CompareOptions): Promise<StepComparison> {
  const { options, turns, warmup, commands, threads, onSay } = asked;
  const contenders: StepProcess[] = [];
  const leftOut: string[] = [];
  const fma: number[] = [];
  try {
    for (const command of commands) {
      try {
        contenders.push(await StepProcess.start(command));
      } catch (error) {
        if (contenders.length === 0) throw error;
        leftOut.push(`${command.name}: ${(error as Error).message.split('\n')[0]}`);
      }
    }
    const { parameters } = contenders[0]!.introduction;
    const strange = contenders.find(({ introduction }) => introduction.parameters !== parameters);
    if (strange !== undefined) {
      const theirs = strange.introduction.parameters;
      throw new Error(
        `${strange.name} has a network of ${theirs} parameters, ${commands[0]!.name} one of ${parameters}`,
      );
    }
    const between = (round: number) => {
      fma.push(fmaCeiling());
      onSay?.(`round ${round + 1} of ${warmup + turns}`);
    };
    const answers = await takeTurns(contenders, { turns, warmup, between });
    for (const contender of contenders) contender.stop();
    const memory = memoryCeiling();
    const best = Math.max(...fma);
    const records = contenders.map((contender, i) => {
      const { kind = options.kind } = commands.find(({ name }) => name === contender.name)!;
      const gigaflops = stepGigaflops(kind, { ...options, batch: contender.images }, options.genotype);
      return contenderRecord(contender, answers[i]!, warmup, gigaflops, best);
    });
    const perImage = ({ medianMilliseconds, images }: ContenderRecord) => medianMilliseconds / images;
    const { genotype: _, seed: __, ...sizes } = options;
    return {
      title: asked.title,
      network: asked.network,
      ...sizes,
      threads,
      parameters,
      ceilings: {
        gigaflopsPerSecond: { median: median(fma), best },
        gigabytesPerSecond: { median: median(memory), best: Math.max(...memory) },
      },
      contenders: records.map((record) => ({
        ...record,
        timesAsLong: perImage(record) / perImage(records[0]!),
      })),
      leftOut,
    };
  } finally {
    for (const contender of contenders) contender.stop();
  }
}

function contenderRecord(
  { name, images, introduction }: StepProcess,
  answers: readonly StepAnswer[],
  warmup: number,
  gigaflops: number,
  ceiling: number,
): ContenderRecord {
  const counted = answers.slice(warmup);
  const milliseconds = counted.map((answer) => answer.milliseconds);
  const outside = counted.flatMap(({ shareOutsideKernels: share }) => (share === undefined ? [] : [share]));
  const middle = median(milliseconds);
  const rate = (1e3 * gigaflops) / middle;
  return {
    name,
    version: introduction.version,
    images,
    firstMilliseconds: answers[0]!.milliseconds,
    milliseconds,
    medianMilliseconds: middle,
    bestMilliseconds: Math.min(...milliseconds),
    imagesPerSecond: (1e3 * images) / middle,
    peakResidentMiB: answers.at(-1)!.peakResidentMiB,
    gigaflopsPerSecond: rate,
    shareOfCeiling: rate / ceiling,
    shareOutsideKernels: outside.length > 0 ? median(outside) : null,
    timesAsLong: 1,
  };
}
