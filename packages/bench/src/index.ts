export { type BaselineRow, baselineRows, parseReport, type Ratio, ratiosOf } from './baseline.ts';
export { baselineLines } from './baseline-table.ts';
export { benchPage } from './bench-page.ts';
export * from './bench-report.ts';
export { aligned, kernelLines } from './kernel-lines.ts';
export { type Machine, machine, peakResidentMiB } from './machine.ts';
export {
  type KernelRecord,
  type KernelsRecord,
  type MeasureKernelsOptions,
  measureKernels,
} from './measure-kernels.ts';
export { type MeasureStepOptions, measureStep, type StepRecord } from './measure-step.ts';
export { cellWork, lossWork, MAPS, mapWork, type OpWork, stemWork } from './op-work.ts';
export { clock, median, spread } from './statistics.ts';
export { STEP_KINDS, type StepKind, type StepSize, stepGigaflops } from './step-cost.ts';
export { digits, percent, stepRows } from './step-lines.ts';
export { type TrainingStep, type TrainingStepOptions, trainingStep } from './training-step.ts';
