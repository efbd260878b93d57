import type { Rgb } from '@unnas/images';

/** What is known of a data set before it is there. */
export interface DataLayout {
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
  readonly mean: Rgb;
  readonly deviation: Rgb;
}

/** Mean and deviation of ImageNet, which the paper uses for Cityscapes as well. */
const IMAGENET_COLOURS = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

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
    mean: [125.3 / 255, 123 / 255, 113.9 / 255],
    deviation: [63 / 255, 62.1 / 255, 66.7 / 255],
  },
  imagenet: {
    title: 'ImageNet-1K',
    layout: 'DIR/train/n########/*.JPEG, a folder for each class',
    pictures: 1_281_167,
    classes: 1000,
    labels: 'pictures',
    size: null,
    preparation: 'imagenet',
    ...IMAGENET_COLOURS,
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
    ...IMAGENET_COLOURS,
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
    ...IMAGENET_COLOURS,
  },
} as const satisfies Record<string, DataLayout>;

export type DataSetName = keyof typeof DATA_LAYOUTS;
