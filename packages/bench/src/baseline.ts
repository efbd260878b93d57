import { inputError } from '@unnas/random';
import { type BenchReport, benchReport } from './bench-report.ts';
import type { KernelsRecord } from './measure-kernels.ts';
import type { StepRecord } from './measure-step.ts';

/** A ratio of one run: to a peer, to what the machine can do, or of two steps. */
export interface Ratio {
  /** What it is a ratio of; the same in all runs. */
  readonly name: string;
  readonly value: number;
  /** Whether more is better. */
  readonly more: boolean;
}

/** A ratio now and then. */
export interface BaselineRow extends Ratio {
  readonly before: number;
  /** How many times better now: above 1 is an improvement. */
  readonly better: number;
}

/** All ratios of a run. No times: those say nothing on another machine. */
export function ratiosOf({ comparisons, steps, kernels, scaling }: BenchReport): Ratio[] {
  const compared = comparisons.flatMap(({ title, cells, channels, size, batch, contenders }): Ratio[] => {
    const what = `${title} (${cells} cells, ${channels} channels, ${size}x${size}, batch ${batch})`;
    const [own, ...others] = contenders;
    return [
      ...(own!.shareOfCeiling === null
        ? []
        : [{ name: `${what}: share of multiply-adds`, value: own!.shareOfCeiling, more: true }]),
      { name: `${what}: peak MiB`, value: own!.peakResidentMiB, more: false },
      {
        name: `${what}: first step over median`,
        value: own!.firstMilliseconds / own!.medianMilliseconds,
        more: false,
      },
      ...others.map(({ name, timesAsLong }) => ({
        name: `${what}: time of ${name} over ${own!.name}`,
        value: timesAsLong,
        // A step of our own that is beside ours is better short.
        more: !name.startsWith('native'),
      })),
    ];
  });
  const alone = [...steps, ...scaling.map(({ step }) => step)].flatMap(stepRatios);
  const ops = (kernels?.kernels ?? []).map(({ name, size, pass, shareOfRoof }) => ({
    name: `${name}, ${pass}, ${size}: share of the roof`,
    value: shareOfRoof,
    more: true,
  }));
  // The same step may be on two axes of the scaling; the first counts.
  const all = new Map([...compared, ...alone, ...ops].reverse().map((ratio) => [ratio.name, ratio]));
  return [...all.values()].reverse();
}

function stepRatios(step: StepRecord): Ratio[] {
  const { kind, network, backend, cells, channels, size, batch, threads, shareOfCeiling } = step;
  const what = `${kind} step of ${network} on ${backend} (${cells} cells, ${channels} channels, ${size}x${size}, batch ${batch}, ${threads ?? 1} threads)`;
  return [
    ...(shareOfCeiling === null
      ? []
      : [{ name: `${what}: share of multiply-adds`, value: shareOfCeiling, more: true }]),
    { name: `${what}: peak MiB`, value: step.peakResidentMiB, more: false },
    { name: `${what}: first step over median`, value: step.firstOverMedian, more: false },
  ];
}

/** The ratios that both runs have, as they are now. */
export function baselineRows(now: BenchReport, before: BenchReport): BaselineRow[] {
  const known = new Map(ratiosOf(before).map(({ name, value }) => [name, value]));
  return ratiosOf(now).flatMap((ratio) => {
    const earlier = known.get(ratio.name);
    if (earlier === undefined || !(earlier > 0)) return [];
    const better = ratio.more ? ratio.value / earlier : earlier / ratio.value;
    return [{ ...ratio, before: earlier, better }];
  });
}

/** Reads what `--json` wrote: a whole report, or lines of `unnas bench`. Throws an input error where it is neither. */
export function parseReport(text: string, name: string): BenchReport {
  const whole = parsed(text);
  if (isReport(whole)) return whole;
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parsed);
  const event = (kind: string) =>
    lines.filter((line) => (line as { event?: string } | undefined)?.event === kind);
  const steps = event('step') as StepRecord[];
  const [kernels = null] = event('kernels') as KernelsRecord[];
  const { machine } = steps[0] ?? kernels ?? {};
  if (machine === undefined)
    throw inputError(`${name} is no report of a benchmark: expected what --json wrote`);
  return benchReport({ command: '', machine, steps, kernels });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isReport = (value: unknown): value is BenchReport =>
  typeof value === 'object' &&
  value !== null &&
  'format' in value &&
  value.format === 1 &&
  'comparisons' in value;
