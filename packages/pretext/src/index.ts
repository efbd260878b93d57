export {
  type Augmented,
  asReleased,
  augmented,
  lightingOf,
  viewOf,
} from './augmentation.ts';
export { type ClassificationOptions, classification } from './classification.ts';
export { colorization } from './colorization.ts';
export { centreView, drawCrop, drawRegion, drawView, type Framing, scaledView } from './draw-view.ts';
export { FRAMINGS, type FramingOptions, type Framings, framingOf } from './framing.ts';
export { type HammingPermutationsOptions, hammingPermutations } from './hamming-permutations.ts';
export { type JigsawOptions, jigsaw } from './jigsaw.ts';
export { drawLighting } from './lighting.ts';
export {
  type AccuracyOptions,
  accuracy,
  addTallies,
  type Metric,
  meanIntersectionOverUnion,
  type Tally,
} from './metric.ts';
export { checkedPermutations, type PermutationSet, permutationSet } from './permutation-set.ts';
export { rotation } from './rotation.ts';
export { type SegmentationOptions, segmentation } from './segmentation.ts';
export type { Head, HostBatch, Json, Mode, SetOfPictures, Task } from './task.ts';
export { AB_BINS, AB_CENTRES, AB_TABLE, abBin, GRAY_BIN } from './transforms/ab-bins.ts';
export {
  type FrameAttrs,
  type FrameOptions,
  frameBatch,
  frameReference,
  type Normalise,
} from './transforms/frame.ts';
export {
  type FrameLabelsAttrs,
  frameLabels,
  frameLabelsReference,
  type LabelMap,
} from './transforms/frame-labels.ts';
export { type JigsawAttrs, jigsawBatch, jigsawReference } from './transforms/jigsaw.ts';
export { type LabAttrs, LINEAR, labBatch, labOf, labReference } from './transforms/lab.ts';
export { rgbOfLab } from './transforms/rgb-of-lab.ts';
export { checkViews, type View, wholeView } from './transforms/view.ts';
