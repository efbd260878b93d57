import * as tf from '@tensorflow/tfjs';
import type { Place } from './declaration.ts';
import type { Pass } from './pass.ts';

/**
 * The last layer of a task: `linear` classifies pictures N,H,W,C; `jigsaw` classifies pictures of grid x grid tiles
 * N,grid*grid,t,t,C; `pixels` classifies every pixel.
 */
export type Head =
  | { readonly kind: 'linear' }
  | { readonly kind: 'jigsaw'; readonly grid: number }
  | { readonly kind: 'pixels' };

/** From the last map N,h,w,C and the size of the input pictures to logits. */
export type HeadLayer = (map: tf.Tensor4D, size: readonly [number, number], pass: Pass) => tf.Tensor;

export function headLayer(place: Place, head: Head, channels: number, classes: number): HeadLayer {
  switch (head.kind) {
    case 'linear':
      return pooledLinear(place, 1, channels, classes);
    case 'jigsaw':
      return pooledLinear(place, head.grid ** 2, channels, classes);
    case 'pixels':
      return upsampledPixels(place, channels, classes);
  }
}

/** Global average pooling, the features of `views` maps side by side, and a linear layer. Gives N/views,K. */
function pooledLinear(place: Place, views: number, channels: number, classes: number): HeadLayer {
  const features = views * channels;
  const start = { bound: 1 / Math.sqrt(features) };
  const w = place.parameter('w', [features, classes], start);
  const b = place.parameter('b', [classes], start);
  return (map, _size, pass) =>
    tf.mean(map, [1, 2]).reshape([-1, features]).matMul(pass.parameter(w)).add(pass.parameter(b));
}

/**
 * A 1x1 convolution with bias, then bilinear up-sampling whose corners meet those of the picture (source = i (h - 1) / (H - 1)).
 * Gives N,H,W,K.
 */
function upsampledPixels(place: Place, channels: number, classes: number): HeadLayer {
  const start = { bound: 1 / Math.sqrt(channels) };
  const w = place.parameter('w', [1, 1, channels, classes], start);
  const b = place.parameter('b', [classes], start);
  return (map, [height, width], pass) => {
    const logits = tf
      .conv2d(map, pass.parameter(w) as tf.Tensor4D, 1, 'valid')
      .add(pass.parameter(b)) as tf.Tensor4D;
    return tf.image.resizeBilinear(logits, [height, width], true);
  };
}
