import * as tf from '@tensorflow/tfjs';
import { convolution, upsample } from '@unnas/nn';
import type { Place } from './declaration.ts';
import { convNorm } from './layers.ts';
import type { Pass } from './pass.ts';

/**
 * The last layer of a task: `linear` classifies pictures N,H,W,C; `jigsaw` classifies pictures of grid x grid tiles
 * N,grid*grid,t,t,C; `pixels` classifies every pixel; `segmentation` too, with branches that see its surroundings.
 */
export type Head =
  | { readonly kind: 'linear' }
  | { readonly kind: 'jigsaw'; readonly grid: number }
  | { readonly kind: 'pixels' }
  | { readonly kind: 'segmentation'; readonly channels: number; readonly rates: readonly number[] };

/** From the last map N,h,w,C and the size of the input pictures to logits. */
export type HeadLayer = (map: tf.Tensor4D, size: readonly [number, number], pass: Pass) => tf.Tensor;

export function headLayer(place: Place, head: Head, channels: number, classes: number): HeadLayer {
  switch (head.kind) {
    case 'linear':
      return pooledLinear(place, 1, channels, classes);
    case 'jigsaw':
      return pooledLinear(place, head.grid ** 2, channels, classes);
    case 'pixels':
      return upsampled(pixelClassifier(place, channels, classes));
    case 'segmentation':
      return upsampled(spatialPyramid(place, head, channels, classes));
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

/** Logits of pixels, up-sampled to the size of the picture. */
function upsampled(classifier: (map: tf.Tensor4D, pass: Pass) => tf.Tensor4D): HeadLayer {
  return (map, [height, width], pass) => upsample(classifier(map, pass), [height, width]);
}

/** A 1x1 convolution with bias: N,h,w,C to N,h,w,K. */
function pixelClassifier(place: Place, channels: number, classes: number) {
  const start = { bound: 1 / Math.sqrt(channels) };
  const w = place.parameter('w', [1, 1, channels, classes], start);
  const b = place.parameter('b', [classes], start);
  return (map: tf.Tensor4D, pass: Pass): tf.Tensor4D =>
    convolution(map, pass.parameter(w)).add(pass.parameter(b));
}

/**
 * Atrous spatial pyramid pooling (Chen et al., "Rethinking atrous convolution", 2017, section 3.3), to N,h,w,K. Branches: a 1x1
 * convolution, a 3x3 convolution of each dilation rate, and the mean of the map through a 1x1 convolution; concatenated in this
 * order, then a 1x1 convolution, and the classes. A batch norm and a ReLU follow each convolution but the last.
 */
function spatialPyramid(
  place: Place,
  { channels: width, rates }: Extract<Head, { kind: 'segmentation' }>,
  channels: number,
  classes: number,
) {
  const point = convNorm(place.at('point'), channels, width, { size: 1 });
  const dilated = rates.map((dilation, i) => convNorm(place.at(`rate${i}`), channels, width, { dilation }));
  const pool = convNorm(place.at('pool'), channels, width, { size: 1 });
  const project = convNorm(place.at('project'), (rates.length + 2) * width, width, { size: 1 });
  const classify = pixelClassifier(place.at('out'), width, classes);
  return (map: tf.Tensor4D, pass: Pass): tf.Tensor4D => {
    const local = [point, ...dilated].map((branch) => tf.relu(branch(map, pass)));
    const mean = tf.relu(pool(tf.mean(map, [1, 2], true), pass));
    const [n, height, width] = local[0]!.shape;
    const everywhere = tf.zeros<tf.Rank.R4>([n, height, width, 1]).add<tf.Tensor4D>(mean);
    return classify(tf.relu(project(tf.concat([...local, everywhere], 3), pass)), pass);
  };
}
