export * from '@unnas/genotype';
export {
  CIFAR10_CLASSES,
  cifar10,
  fetchCifar10,
  type Images,
  imageFolder,
  type LabeledImages,
  type LabeledPicture,
  labeledImageFolder,
  type Picture,
  type Source,
  split,
  take,
} from '@unnas/images';
export { crossEntropy } from '@unnas/nn';
export {
  accuracy,
  classification,
  colorization,
  type FramingOptions,
  frameBatch,
  frameLabels,
  type HostBatch,
  hammingPermutations,
  jigsaw,
  labBatch,
  type Metric,
  meanIntersectionOverUnion,
  type PermutationSet,
  permutationSet,
  rotation,
  type SetOfPictures,
  segmentation,
  type Task,
  type View,
} from '@unnas/pretext';
export { isInputError, Random } from '@unnas/random';
export { htmlReport, type RunReport } from '@unnas/report';
export {
  type Algorithm,
  type Baseline,
  cifar10Classification,
  cifar10Colorization,
  cifar10Jigsaw,
  cifar10Rotation,
  cityscapesColorization,
  cityscapesJigsaw,
  cityscapesRotation,
  cityscapesSegmentation,
  compareRunWithRandom,
  compareWithRandom,
  darts,
  type EpochRecord,
  imagenet22kClassification,
  imagenet22kColorization,
  imagenet22kJigsaw,
  imagenet22kRotation,
  imagenetClassification,
  imagenetColorization,
  imagenetJigsaw,
  imagenetRotation,
  type Outcome,
  type Progress,
  type Reproduction,
  randomSearch,
  reproduce,
  resumeSearch,
  type SearchOptions,
  type SearchRun,
  search,
} from '@unnas/search';
export { dartsSpace, derivedNetwork, type Network, type Space, supernet } from '@unnas/supernet';
export { useBackend } from './backend.ts';
export type { BackendName } from './backend-name.ts';
export { type Diagnosis, diagnose } from './diagnosis.ts';
export { version } from './version.ts';
export { writeReport } from './write-report.ts';
