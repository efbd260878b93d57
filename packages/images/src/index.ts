export { augmentationStreams, batches, batchesPerEpoch, type EpochStream, epochOrder } from './batches.ts';
export { cacheFolder } from './cache-folder.ts';
export { CIFAR10_CLASSES, CIFAR10_STATISTICS, cifar10, looksLikeCifar10 } from './cifar10.ts';
export { CITYSCAPES_CLASSES, type CityscapesOptions, cityscapes, cityscapesImages } from './cityscapes.ts';
export { type FetchOptions, type FetchStage, fetchCifar10 } from './fetch-cifar10.ts';
export { fileError } from './file-error.ts';
export { grayShare } from './gray-share.ts';
export {
  type ImageFolderOptions,
  imageFolder,
  type LabeledImageFolderOptions,
  labeledImageFolder,
} from './image-folder.ts';
export { holdsImageNetClasses, IMAGENET_STATISTICS, type ImageNetOptions, imageNet } from './imagenet.ts';
export { type ImageNet22kOptions, imageNet22k, imageNet22kList } from './imagenet-22k.ts';
export { type ImagesFromOptions, imagesFrom } from './images-from.ts';
export type { OnDemandOptions } from './on-demand.ts';
export type {
  Images,
  ImagesOf,
  LabeledImages,
  LabeledPicture,
  Picture,
  Preparation,
  Rgb,
  SegmentedImages,
  SegmentedPicture,
  Skipped,
  Source,
  Statistics,
} from './picture.ts';
export { listPictures, type PictureFile } from './picture-files.ts';
export { encodePng } from './png.ts';
export { type Prefetch, type PrefetchRange, prefetch } from './prefetch.ts';
export { IGNORED, segmented } from './segmented.ts';
export { type KindOf, type SplitOptions, split, take } from './subset.ts';
export { writeFileAtomic } from './write-file-atomic.ts';
