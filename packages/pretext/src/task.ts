import type * as tf from '@tensorflow/tfjs';
import type { Picture, Source } from '@unnas/images';
import type { Random } from '@unnas/random';
import type { Metric } from './metric.ts';

/**
 * What stands on the last feature map of a network.
 *
 * - `linear`: global average pooling, and one linear layer with bias to the classes.
 * - `jigsaw`: the same, on the pooled features of grid x grid tiles side by side.
 * - `pixels`: a linear layer at each pixel, and bilinear up-sampling of the logits to the size of the input.
 * - `segmentation`: the same behind an atrous spatial pyramid of `channels` channels a branch, with dilated branches of these rates.
 */
export type Head =
  | { readonly kind: 'linear' }
  | { readonly kind: 'jigsaw'; readonly grid: number }
  | { readonly kind: 'pixels' }
  | { readonly kind: 'segmentation'; readonly channels: number; readonly rates: readonly number[] };

/** Whether pictures are augmented (`train`) or shown as they are (`test`). */
export type Mode = 'train' | 'test';

/** What a task needs to know about the set that its pictures come from. */
export type SetOfPictures = Pick<Source<Picture>, 'mean' | 'deviation' | 'preparation' | 'size'>;

/** A prepared batch in host memory. */
export interface HostBatch {
  /** What the network sees, of `xShape` = [pictures, height, width, channels]; [pictures, tiles, height, width, channels] in puzzles. */
  readonly x: Float32Array;
  readonly xShape: readonly number[];
  /** Targets: one class a row, or where pixels are classified [pictures, height, width]. */
  readonly y: Int32Array;
  readonly yShape: readonly number[];
}

/** Any value that JSON can write down. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * Everything in which one training task differs from another: how pictures become batches, and the head, the loss and the metric
 * that go with them. No algorithm, network or loop asks for a task's name. Pictures `P` are those it learns from.
 */
export interface Task<P extends Picture = Picture> {
  readonly name: string;
  /** Its options, filled in: what the config of a run keeps, and a run that goes on must find again. */
  readonly options: { readonly [name: string]: Json };
  /** Which labels it learns from: none, one of each picture, or one of each pixel. */
  readonly labels: 'none' | 'pictures' | 'pixels';
  readonly classes: number;
  /** Channels of the network's input. */
  readonly channels: number;
  /** How many maps the network sees of each picture: its turns, its tiles. */
  readonly views: number;
  readonly head: Head;
  readonly metric: Metric;
  /** Side in pixels of what the network sees. Throws an input error where the pictures do not suit the task. */
  inputSize(source: SetOfPictures): number;
  /**
   * Turns pictures into a batch. `source` describes the set that they are of; `streams` hold one random stream for each picture, from
   * which its augmentation is drawn. The same pictures and streams give the same bits.
   */
  prepare(pictures: readonly P[], source: SetOfPictures, streams: readonly Random[], mode: Mode): HostBatch;
  /** Mean loss over all that is to be answered. */
  loss(logits: tf.Tensor, y: tf.Tensor): tf.Scalar;
}
