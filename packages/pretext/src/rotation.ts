import type * as tf from '@tensorflow/tfjs';
import type { Picture } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { augmented } from './augmentation.ts';
import { checkedFraming, FRAMINGS, type FramingOptions, framingOf } from './framing.ts';
import { accuracy } from './metric.ts';
import type { Task } from './task.ts';
import { frameBatch } from './transforms/frame.ts';

const TURNS = 4;

/**
 * Predicts by how many quarter turns a picture was rotated (Gidaris et al., ICLR 2018). Each picture comes into the batch
 * four times, turned counter-clockwise by 0, 1, 2 and 3 quarters after one augmentation for all four; the labels are
 * the turns. Needs no labels of pictures.
 */
export function rotation(options: FramingOptions = {}): Task<Picture> {
  const given = checkedFraming(options);
  const framing = (source: Parameters<Task['inputSize']>[0]) => framingOf(FRAMINGS, source, given);
  return {
    name: 'rotation',
    options: given,
    labels: 'none',
    classes: TURNS,
    channels: 3,
    views: TURNS,
    head: { kind: 'linear' },
    metric: accuracy({ classes: TURNS }),
    inputSize: (source) => framing(source).size,
    prepare(pictures, source, streams, mode) {
      const framed = framing(source);
      const { size } = framed;
      const seen = augmented(pictures, source, streams, framed, { mode, release: given.release });
      const rows = pictures.length * TURNS;
      return {
        x: frameBatch({ pictures, size, turns: TURNS, ...seen }),
        xShape: [rows, size, size, 3],
        y: Int32Array.from({ length: rows }, (_, row) => row % TURNS),
        yShape: [rows],
      };
    },
    loss: (logits, y) => crossEntropy(logits as tf.Tensor2D, y as tf.Tensor1D),
  };
}
