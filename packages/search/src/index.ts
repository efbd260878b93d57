export type { Algorithm, Prepared, Searcher, Setup } from './algorithm.ts';
export { algorithmOf } from './algorithms.ts';
export type { Baseline, Budget, Contender } from './baseline.ts';
export {
  type CompareOptions,
  type CompareRunOptions,
  compareRunWithRandom,
  compareWithRandom,
} from './compare-with-random.ts';
export { type ComparisonOptions, comparison } from './comparison.ts';
export type { ComparisonRun } from './comparison-run.ts';
export { type DartsOptions, darts } from './darts.ts';
export {
  firstOrderAlphaStep,
  type Model,
  type Pass,
  type Point,
  type StepResult,
  secondOrderAlphaStep,
  secondOrderGradients,
  type Trained,
  type Unrolling,
  weightStep,
} from './darts-step.ts';
export type { EpochRecord, Progress, ScoreReport, TrainReport, UnitReport } from './epoch-record.ts';
export { disposeTrained, networkModel, trainedOf } from './network-model.ts';
export {
  cityscapesColorization,
  cityscapesJigsaw,
  cityscapesRotation,
  cityscapesSegmentation,
  imagenet22kClassification,
  imagenet22kColorization,
  imagenet22kJigsaw,
  imagenet22kRotation,
  imagenetClassification,
  imagenetColorization,
  imagenetJigsaw,
  imagenetRotation,
} from './paper-presets.ts';
export {
  cifar10Classification,
  cifar10Colorization,
  cifar10Jigsaw,
  cifar10Rotation,
  type Preset,
} from './presets.ts';
export { type Probe, type ProbeOptions, probe } from './probe.ts';
export { type RandomSearchOptions, randomSearch } from './random-search.ts';
export { type Reproduction, reproduce } from './reproduce.ts';
export { type DataDescription, RUN_VERSION, type RunConfig, type TaskDescription } from './run-config.ts';
export { holdsRun, readBaseline, readConfig, readGenotype, readRecords } from './run-folder.ts';
export { type ResumeOptions, resumeSearch, search } from './search.ts';
export type { Outcome, SearchRun } from './search-run.ts';
export {
  type CheckpointTimes,
  type Json,
  type SearchOptions,
  type Settings,
  settingsOf,
} from './settings.ts';
