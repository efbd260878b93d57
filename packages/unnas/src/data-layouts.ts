import { CIFAR10_STATISTICS, IMAGENET_STATISTICS, type Statistics } from '@unnas/images';

/** What is known of a data set before it is there. */
export interface DataLayout extends Statistics {
  readonly title: string;
  /** How it lies on disk, below the folder DIR. */
  readonly layout: string;
  /** Training pictures. */
  readonly pictures: number;
  /** Classes of pictures, or of pixels where it has label maps; null where it has none. */
  readonly classes: number;
  readonly labels: 'pictures' | 'pixels';
  /** Side of its pictures in pixels, where all are squares of one size. */
  readonly size: number | null;
  readonly preparation: 'cifar' | 'imagenet' | 'cityscapes';
}

/** The data sets of the paper, by the name that presets begin with. */
export const DATA_LAYOUTS = {
  cifar10: {
    title: 'CIFAR-10',
    layout:
      'DIR/data_batch_1.bin to _5.bin and test_batch.bin, or data_batch_1 to _5 and test_batch (Python)',
    pictures: 50_000,
    classes: 10,
    labels: 'pictures',
    size: 32,
    preparation: 'cifar',
    ...CIFAR10_STATISTICS,
  },
  imagenet: {
    title: 'ImageNet-1K',
    layout: 'DIR/train/n########/*.JPEG, a folder for each class',
    pictures: 1_281_167,
    classes: 1000,
    labels: 'pictures',
    size: null,
    preparation: 'imagenet',
    ...IMAGENET_STATISTICS,
  },
  imagenet22k: {
    title: 'ImageNet-22K',
    layout:
      'DIR/n########/n########_*.JPEG, a folder for each class, and the list imagenet-22k.txt there, beside DIR or named by --list',
    // The count is not published with the search; this is the usual one of the set of autumn 2011.
    pictures: 14_200_000,
    classes: 21_841,
    labels: 'pictures',
    size: null,
    preparation: 'imagenet',
    ...IMAGENET_STATISTICS,
  },
  cityscapes: {
    title: 'Cityscapes',
    layout:
      'DIR/leftImg8bit/train/CITY/*_leftImg8bit.png, and for segmentation DIR/gtFine/train/CITY/*_gtFine_labelTrainIds.png or *_labelIds.png',
    pictures: 2975,
    classes: 19,
    labels: 'pixels',
    size: null,
    preparation: 'cityscapes',
    ...IMAGENET_STATISTICS,
  },
} as const satisfies Record<string, DataLayout>;

export type DataSetName = keyof typeof DATA_LAYOUTS;
