import type * as tf from '@tensorflow/tfjs';
import type { Picture, Statistics } from '@unnas/images';
import type { Random } from '@unnas/random';

/** What stands on the last feature map of a network: global average pooling, then one linear layer with bias. */
export type Head = { readonly kind: 'linear' };

/** Whether pictures are augmented (`train`) or shown as they are (`test`). */
export type Mode = 'train' | 'test';

/** A prepared batch in host memory. */
export interface HostBatch {
  /** Normalised pictures, `xShape` = [rows, height, width, channels]. */
  readonly x: Float32Array;
  readonly xShape: [rows: number, height: number, width: number, channels: number];
  /** Targets; for a linear head one class a row. */
  readonly y: Int32Array;
  readonly yShape: number[];
}

/** Everything in which one training task differs from another. Pictures `P` are those it learns from. */
export interface Task<P extends Picture = Picture> {
  readonly name: string;
  /** Whether it learns from the labels of pictures. */
  readonly labels: boolean;
  readonly classes: number;
  /** Channels of the network's input. */
  readonly channels: number;
  /** Rows of the network's batch for each picture. */
  readonly views: number;
  /** Accuracy of guessing, 0 to 1. */
  readonly chance: number;
  readonly head: Head;
  /**
   * Turns pictures into a batch. `statistics` are those of the data set; `streams` hold one random stream for each picture,
   * from which `train` draws its augmentation. The same pictures and streams give the same bits.
   */
  prepare(pictures: readonly P[], statistics: Statistics, streams: readonly Random[], mode: Mode): HostBatch;
  /** Mean loss over the rows. */
  loss(logits: tf.Tensor, y: tf.Tensor): tf.Scalar;
  /** How many rows are right. */
  correct(logits: tf.Tensor, y: tf.Tensor): number;
}
