export { classification } from './classification.ts';
export { rotation } from './rotation.ts';
export type { Head, HostBatch, Mode, Task } from './task.ts';
export { AB_BINS, AB_CENTRES, AB_TABLE, abBin, GRAY_BIN } from './transforms/ab-bins.ts';
export { type FrameAttrs, type FrameOptions, frameBatch, frameReference } from './transforms/frame.ts';
export {
  type FrameLabelsAttrs,
  frameLabels,
  frameLabelsReference,
  IGNORED_LABEL,
  type LabelMap,
} from './transforms/frame-labels.ts';
export { type JigsawAttrs, jigsawBatch, jigsawReference } from './transforms/jigsaw.ts';
export { type LabAttrs, LINEAR, labBatch, labOf, labReference } from './transforms/lab.ts';
export { type View, wholeView } from './transforms/view.ts';
