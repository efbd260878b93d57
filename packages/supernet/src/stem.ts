import type * as tf from '@tensorflow/tfjs';
import type { Place } from './declaration.ts';
import { convNorm } from './layers.ts';
import type { Pass } from './pass.ts';

export type StemKind = 'cifar' | 'imagenet';

/** The first layers: from pictures to what the first cell takes for the outputs of the two cells before it. */
export interface Stem {
  /** Channels of the two maps. */
  readonly channels: readonly [number, number];
  /** Whether the first map is twice as large as the second. */
  readonly reduction: boolean;
  readonly forward: (x: tf.Tensor4D, pass: Pass) => [s0: tf.Tensor4D, s1: tf.Tensor4D];
}

/**
 * `cifar`: a 3x3 convolution to 3 `channels`, batch norm. `imagenet`: three 3x3 convolutions of stride 2, so that the first cell
 * sees an eighth of the size. Batch norms have scale and offset in the supernet too.
 */
export function stem(place: Place, kind: StemKind, inputChannels: number, channels: number): Stem {
  if (kind === 'cifar') {
    const layer = convNorm(place.at('stem'), inputChannels, 3 * channels);
    return {
      channels: [3 * channels, 3 * channels],
      reduction: false,
      forward: (x, pass) => {
        const map = layer(x, pass);
        return [map, map];
      },
    };
  }
  const quarter = place.at('stem0');
  const first = convNorm(quarter, inputChannels, channels / 2, { stride: 2, conv: 'conv1', bn: 'bn1' });
  const second = convNorm(quarter, channels / 2, channels, {
    stride: 2,
    relu: true,
    conv: 'conv2',
    bn: 'bn2',
  });
  const third = convNorm(place.at('stem1'), channels, channels, { stride: 2, relu: true });
  return {
    channels: [channels, channels],
    reduction: true,
    forward: (x, pass) => {
      const s0 = second(first(x, pass), pass);
      return [s0, third(s0, pass)];
    },
  };
}
