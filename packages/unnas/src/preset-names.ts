import type { DataSetName } from './data-layouts.ts';

interface PresetSummary {
  /** The data set that it is made for. */
  readonly data: DataSetName;
  readonly summary: string;
}

/** The presets by the name that `--preset` takes, and what they are. The settings stand in presets.ts. */
export const PRESETS = {
  quick: { data: 'cifar10', summary: 'a small search without labels, a few minutes on two processor cores' },
  tiny: { data: 'cifar10', summary: 'a few steps, to see it work where the native addon is not built' },
  'cifar10-rotation': {
    data: 'cifar10',
    summary: 'the full search without labels: 50 epochs, 8 cells of 16 channels',
  },
  'cifar10-colorization': { data: 'cifar10', summary: 'the same on colours' },
  'cifar10-jigsaw': { data: 'cifar10', summary: 'the same on puzzles of 2 x 2 tiles' },
  'cifar10-classification': { data: 'cifar10', summary: 'the same with labels: supervised DARTS' },
  'imagenet-rotation': { data: 'imagenet', summary: 'ImageNet-1K, 2 epochs, batch 32, 8 cells' },
  'imagenet-colorization': { data: 'imagenet', summary: 'ImageNet-1K, 2 epochs, batch 64, 8 cells' },
  'imagenet-jigsaw': { data: 'imagenet', summary: 'ImageNet-1K, 2 epochs, batch 32, 8 cells, 3 x 3 tiles' },
  'imagenet-classification': {
    data: 'imagenet',
    summary: 'ImageNet-1K with labels, 2 epochs, batch 64, 8 cells',
  },
  'imagenet22k-rotation': { data: 'imagenet22k', summary: 'ImageNet-22K, 1 epoch, batch 128, 8 cells' },
  'imagenet22k-colorization': { data: 'imagenet22k', summary: 'ImageNet-22K, 1 epoch, batch 256, 8 cells' },
  'imagenet22k-jigsaw': {
    data: 'imagenet22k',
    summary: 'ImageNet-22K, 1 epoch, batch 128, 8 cells, 3 x 3 tiles',
  },
  'imagenet22k-classification': {
    data: 'imagenet22k',
    summary: 'ImageNet-22K with labels, 1 epoch, batch 256, 8 cells',
  },
  'cityscapes-rotation': { data: 'cityscapes', summary: 'Cityscapes, 400 epochs, batch 16, 12 cells' },
  'cityscapes-colorization': { data: 'cityscapes', summary: 'Cityscapes, 400 epochs, batch 16, 12 cells' },
  'cityscapes-jigsaw': {
    data: 'cityscapes',
    summary: 'Cityscapes, 400 epochs, batch 32, 12 cells, 3 x 3 tiles',
  },
  'cityscapes-segmentation': {
    data: 'cityscapes',
    summary: 'Cityscapes with labels of pixels, 400 epochs, batch 32, 12 cells',
  },
} as const satisfies Record<string, PresetSummary>;

export type PresetName = keyof typeof PRESETS;
