import type { StepRecord } from './measure-step.ts';

/** Rows of a table about a step, for a person. */
export function stepRows(step: StepRecord): [string, string][] {
  const { milliseconds, ceilings } = step;
  const processor = [step.isa, step.threads === null ? undefined : `${step.threads} threads`].filter(Boolean);
  return [
    ['step', `${step.kind}, ${step.network}: ${step.cells} cells, ${step.channels} channels`],
    ['batch', `${step.batch} pictures of ${step.size}x${step.size}, ${digits(step.gigaflops)} GFLOP`],
    ['backend', [step.backend, ...processor].join(', ')],
    ['parameters', step.parameters.toLocaleString('en-US')],
    [
      'first step',
      `${digits(step.firstMilliseconds)} ms, ${step.firstOverMedian.toFixed(2)} times the median`,
    ],
    ['steps', `${milliseconds.map(digits).join(', ')} ms`],
    ['median', `${digits(step.medianMilliseconds)} ms, ${digits(step.imagesPerSecond)} pictures/s`],
    ['rate', `${digits(step.gigaflopsPerSecond)} GFLOP/s${ceilings === null ? '' : shareOf(step)}`],
    ...(step.shareOutsideKernels === null
      ? []
      : [['outside of kernels', `${percent(step.shareOutsideKernels)} of the step`] as [string, string]]),
    ['peak memory', `${digits(step.peakResidentMiB)} MiB resident`],
  ];
}

const shareOf = ({ shareOfCeiling, ceilings }: StepRecord): string =>
  `, ${percent(shareOfCeiling!)} of the ${digits(ceilings!.gigaflopsPerSecond)} that the machine can do`;

/** Three digits, and no decimals from 100 on. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return `${Number(value.toPrecision(3))}`;
}

/** 0.0123 as 1.2 %. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
