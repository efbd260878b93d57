import type { Genotype } from './genotype.ts';

/**
 * Published cells under the names `unnas_<data set>_<task>` for the searches of UnNAS (Liu et al., ECCV 2020:
 * labels for `cls` and `seg`, none for `rot`, `col`, `jig`), `darts_v2` for its baseline (DARTS, second
 * order, on CIFAR-10), and cells of NASNet, PNASNet, AmoebaNet, DARTS (first order), P-DARTS and PC-DARTS to
 * compare with.
 */
// biome-ignore format: four edges a line, which are two nodes
export const publishedGenotypes = {
  nas: {
    normal: [
      ['sep_conv_5x5', 1], ['sep_conv_3x3', 0], ['sep_conv_5x5', 0], ['sep_conv_3x3', 0],
      ['avg_pool_3x3', 1], ['skip_connect', 0], ['avg_pool_3x3', 0], ['avg_pool_3x3', 0],
      ['sep_conv_3x3', 1], ['skip_connect', 1],
    ],
    normal_concat: [2, 3, 4, 5, 6],
    reduce: [
      ['sep_conv_5x5', 1], ['sep_conv_7x7', 0], ['max_pool_3x3', 1], ['sep_conv_7x7', 0],
      ['avg_pool_3x3', 1], ['sep_conv_5x5', 0], ['skip_connect', 3], ['avg_pool_3x3', 2],
      ['sep_conv_3x3', 2], ['max_pool_3x3', 1],
    ],
    reduce_concat: [4, 5, 6],
  },
  pnas: {
    normal: [
      ['sep_conv_5x5', 0], ['max_pool_3x3', 0], ['sep_conv_7x7', 1], ['max_pool_3x3', 1],
      ['sep_conv_5x5', 1], ['sep_conv_3x3', 1], ['sep_conv_3x3', 4], ['max_pool_3x3', 1],
      ['sep_conv_3x3', 0], ['skip_connect', 1],
    ],
    normal_concat: [2, 3, 4, 5, 6],
    reduce: [
      ['sep_conv_5x5', 0], ['max_pool_3x3', 0], ['sep_conv_7x7', 1], ['max_pool_3x3', 1],
      ['sep_conv_5x5', 1], ['sep_conv_3x3', 1], ['sep_conv_3x3', 4], ['max_pool_3x3', 1],
      ['sep_conv_3x3', 0], ['skip_connect', 1],
    ],
    reduce_concat: [2, 3, 4, 5, 6],
  },
  amoeba: {
    normal: [
      ['avg_pool_3x3', 0], ['max_pool_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_5x5', 2],
      ['sep_conv_3x3', 0], ['avg_pool_3x3', 3], ['sep_conv_3x3', 1], ['skip_connect', 1],
      ['skip_connect', 0], ['avg_pool_3x3', 1],
    ],
    normal_concat: [4, 5, 6],
    reduce: [
      ['avg_pool_3x3', 0], ['sep_conv_3x3', 1], ['max_pool_3x3', 0], ['sep_conv_7x7', 2],
      ['sep_conv_7x7', 0], ['avg_pool_3x3', 1], ['max_pool_3x3', 0], ['max_pool_3x3', 1],
      ['conv_7x1_1x7', 0], ['sep_conv_3x3', 5],
    ],
    reduce_concat: [3, 4, 6],
  },
  darts_v1: {
    normal: [
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['skip_connect', 0], ['sep_conv_3x3', 1],
      ['skip_connect', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['skip_connect', 2],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['max_pool_3x3', 1], ['skip_connect', 2], ['max_pool_3x3', 0],
      ['max_pool_3x3', 0], ['skip_connect', 2], ['skip_connect', 2], ['avg_pool_3x3', 0],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  darts_v2: {
    normal: [
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 1], ['skip_connect', 0], ['skip_connect', 0], ['dil_conv_3x3', 2],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['max_pool_3x3', 1], ['skip_connect', 2], ['max_pool_3x3', 1],
      ['max_pool_3x3', 0], ['skip_connect', 2], ['skip_connect', 2], ['max_pool_3x3', 1],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  pdarts: {
    normal: [
      ['skip_connect', 0], ['dil_conv_3x3', 1], ['skip_connect', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 3], ['sep_conv_3x3', 0], ['dil_conv_5x5', 4],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['avg_pool_3x3', 0], ['sep_conv_5x5', 1], ['sep_conv_3x3', 0], ['dil_conv_5x5', 2],
      ['max_pool_3x3', 0], ['dil_conv_3x3', 1], ['dil_conv_3x3', 1], ['dil_conv_5x5', 3],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  pcdarts_c10: {
    normal: [
      ['sep_conv_3x3', 1], ['skip_connect', 0], ['sep_conv_3x3', 0], ['dil_conv_3x3', 1],
      ['sep_conv_5x5', 0], ['sep_conv_3x3', 1], ['avg_pool_3x3', 0], ['dil_conv_3x3', 1],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['sep_conv_5x5', 1], ['max_pool_3x3', 0], ['sep_conv_5x5', 1], ['sep_conv_5x5', 2],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 3], ['sep_conv_3x3', 1], ['sep_conv_3x3', 2],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  pcdarts_in1k: {
    normal: [
      ['skip_connect', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 0], ['skip_connect', 1],
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 3], ['sep_conv_3x3', 1], ['dil_conv_5x5', 4],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['sep_conv_3x3', 0], ['skip_connect', 1], ['dil_conv_5x5', 2], ['max_pool_3x3', 1],
      ['sep_conv_3x3', 2], ['sep_conv_3x3', 1], ['sep_conv_5x5', 0], ['sep_conv_3x3', 3],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet_cls: {
    normal: [
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 2], ['sep_conv_5x5', 1], ['sep_conv_3x3', 0],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['skip_connect', 1], ['max_pool_3x3', 0], ['dil_conv_5x5', 2],
      ['max_pool_3x3', 0], ['sep_conv_3x3', 2], ['sep_conv_3x3', 4], ['dil_conv_5x5', 3],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet_rot: {
    normal: [
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 2], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 2], ['sep_conv_3x3', 4], ['sep_conv_5x5', 2],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet_col: {
    normal: [
      ['skip_connect', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 1], ['skip_connect', 0],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 3], ['sep_conv_3x3', 0], ['sep_conv_3x3', 2],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['sep_conv_3x3', 1], ['max_pool_3x3', 0], ['sep_conv_3x3', 1],
      ['max_pool_3x3', 0], ['sep_conv_5x5', 3], ['max_pool_3x3', 0], ['sep_conv_3x3', 4],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet_jig: {
    normal: [
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 3], ['sep_conv_3x3', 1], ['sep_conv_5x5', 0],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['sep_conv_5x5', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_5x5', 0], ['sep_conv_3x3', 1],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet22k_cls: {
    normal: [
      ['sep_conv_3x3', 1], ['skip_connect', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 2],
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 2], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['max_pool_3x3', 1], ['dil_conv_5x5', 2], ['max_pool_3x3', 0],
      ['dil_conv_5x5', 3], ['dil_conv_5x5', 2], ['dil_conv_5x5', 4], ['dil_conv_5x5', 3],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet22k_rot: {
    normal: [
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['sep_conv_5x5', 1], ['dil_conv_5x5', 2], ['sep_conv_5x5', 0],
      ['dil_conv_5x5', 3], ['sep_conv_3x3', 2], ['sep_conv_3x3', 4], ['sep_conv_3x3', 3],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet22k_col: {
    normal: [
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 2], ['sep_conv_3x3', 1], ['sep_conv_3x3', 3], ['sep_conv_3x3', 0],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['skip_connect', 1], ['dil_conv_5x5', 2], ['sep_conv_3x3', 0],
      ['sep_conv_3x3', 3], ['sep_conv_3x3', 0], ['sep_conv_3x3', 4], ['sep_conv_5x5', 1],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_imagenet22k_jig: {
    normal: [
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 0], ['sep_conv_3x3', 4],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['sep_conv_5x5', 0], ['skip_connect', 1], ['sep_conv_5x5', 0], ['sep_conv_3x3', 2],
      ['sep_conv_5x5', 0], ['sep_conv_5x5', 3], ['sep_conv_5x5', 0], ['sep_conv_5x5', 4],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_cityscapes_seg: {
    normal: [
      ['skip_connect', 0], ['sep_conv_5x5', 1], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['sep_conv_3x3', 0], ['avg_pool_3x3', 1], ['avg_pool_3x3', 1], ['sep_conv_5x5', 0],
      ['sep_conv_3x3', 2], ['sep_conv_5x5', 0], ['sep_conv_3x3', 4], ['sep_conv_5x5', 2],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_cityscapes_rot: {
    normal: [
      ['sep_conv_3x3', 1], ['sep_conv_3x3', 0], ['sep_conv_3x3', 2], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 3], ['sep_conv_3x3', 1], ['sep_conv_3x3', 0],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['max_pool_3x3', 0], ['sep_conv_5x5', 1], ['sep_conv_5x5', 2], ['sep_conv_5x5', 1],
      ['sep_conv_5x5', 3], ['dil_conv_5x5', 2], ['sep_conv_5x5', 2], ['sep_conv_5x5', 0],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_cityscapes_col: {
    normal: [
      ['dil_conv_3x3', 1], ['sep_conv_3x3', 0], ['skip_connect', 0], ['sep_conv_5x5', 2],
      ['dil_conv_3x3', 3], ['skip_connect', 0], ['skip_connect', 0], ['sep_conv_3x3', 1],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['avg_pool_3x3', 1], ['avg_pool_3x3', 0], ['avg_pool_3x3', 1], ['avg_pool_3x3', 0],
      ['avg_pool_3x3', 1], ['avg_pool_3x3', 0], ['avg_pool_3x3', 1], ['skip_connect', 4],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
  unnas_cityscapes_jig: {
    normal: [
      ['dil_conv_5x5', 1], ['sep_conv_5x5', 0], ['sep_conv_3x3', 0], ['sep_conv_3x3', 1],
      ['sep_conv_3x3', 0], ['sep_conv_3x3', 2], ['sep_conv_3x3', 0], ['dil_conv_5x5', 1],
    ],
    normal_concat: [2, 3, 4, 5],
    reduce: [
      ['avg_pool_3x3', 0], ['skip_connect', 1], ['dil_conv_5x5', 1], ['dil_conv_5x5', 2],
      ['dil_conv_5x5', 2], ['dil_conv_5x5', 0], ['dil_conv_5x5', 3], ['dil_conv_5x5', 2],
    ],
    reduce_concat: [2, 3, 4, 5],
  },
} as const satisfies Record<string, Genotype>;

export type PublishedName = keyof typeof publishedGenotypes;

/**
 * The sizes at which the UnNAS release trains its cells and the baseline from scratch: `classification` on
 * ImageNet-1K at 224x224, `segmentation` on Cityscapes. Only the width differs between cells, so that their
 * costs are alike.
 */
export const publishedSettings = {
  darts_v2: { classification: { channels: 48, cells: 14 }, segmentation: { channels: 82, cells: 12 } },
  unnas_imagenet_cls: {
    classification: { channels: 44, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_imagenet_rot: {
    classification: { channels: 42, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_imagenet_col: {
    classification: { channels: 46, cells: 14 },
    segmentation: { channels: 80, cells: 12 },
  },
  unnas_imagenet_jig: {
    classification: { channels: 42, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_imagenet22k_cls: {
    classification: { channels: 46, cells: 14 },
    segmentation: { channels: 80, cells: 12 },
  },
  unnas_imagenet22k_rot: {
    classification: { channels: 42, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_imagenet22k_col: {
    classification: { channels: 42, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_imagenet22k_jig: {
    classification: { channels: 42, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_cityscapes_seg: {
    classification: { channels: 44, cells: 14 },
    segmentation: { channels: 80, cells: 12 },
  },
  unnas_cityscapes_rot: {
    classification: { channels: 42, cells: 14 },
    segmentation: { channels: 78, cells: 12 },
  },
  unnas_cityscapes_col: {
    classification: { channels: 54, cells: 14 },
    segmentation: { channels: 86, cells: 12 },
  },
  unnas_cityscapes_jig: {
    classification: { channels: 44, cells: 14 },
    segmentation: { channels: 80, cells: 12 },
  },
} as const satisfies Partial<
  Record<PublishedName, Record<'classification' | 'segmentation', { channels: number; cells: number }>>
>;
