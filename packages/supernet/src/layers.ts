import * as tf from '@tensorflow/tfjs';
import { batchNorm, convolution, normalise, type SeparableConvOptions, separableConv } from '@unnas/nn';
import type { Place } from './declaration.ts';
import { type Pass, type StatisticNames, statisticNames } from './pass.ts';

/** A map N,H,W,C to another. */
export type Layer = (x: tf.Tensor4D, pass: Pass) => tf.Tensor4D;

/** Batch norm at the end of a layer. `prefix` names its running statistics. */
export interface Norm {
  readonly prefix: string;
  readonly names: StatisticNames;
  readonly apply: Layer;
}

/** Batch norm at `place`, with scale and offset if `affine`. It notes the statistics of the batch in training mode. */
export function norm(place: Place, channels: number, affine: boolean): Norm {
  const gamma = affine && place.parameter('gamma', [channels], { value: 1 });
  const beta = affine && place.parameter('beta', [channels], { value: 0 });
  const prefix = place.statistics(channels);
  const names = statisticNames([prefix]);
  const apply: Layer = (x, pass) => {
    const scale = gamma && beta ? { gamma: pass.parameter(gamma), beta: pass.parameter(beta) } : {};
    if (!pass.training) return normalise(x, { ...pass.running(prefix), ...scale });
    const { y, mean, variance } = batchNorm(x, scale);
    pass.observe(names, mean, variance, x.size / channels);
    return y;
  };
  return { prefix, names, apply };
}

/** A layer that ends with a batch norm, in two parts: a supernet joins the norms of all candidates into one op. */
export interface Branch {
  /** Everything before the batch norm. */
  readonly map: Layer;
  /** Whether the map has no parameters, so that a candidate gives the same map on all edges from a state. */
  readonly shared?: boolean;
  readonly norm?: Norm;
}

/** The whole of a branch. */
export function whole({ map, norm }: Branch): Layer {
  return norm ? (x, pass) => norm.apply(map(x, pass), pass) : map;
}

/** k x k convolution and affine batch norm, with a ReLU before it if `relu`. Names: `conv`, `bn`, or those given. */
export function convNorm(
  place: Place,
  from: number,
  to: number,
  { size = 3, stride = 1, dilation = 1, relu = false, conv = 'conv', bn = 'bn', affine = true } = {},
): Layer {
  const filter = place.filter(conv, [size, size, from, to]);
  const { apply } = norm(place.at(bn), to, affine);
  return (x, pass) =>
    apply(convolution(relu ? tf.relu(x) : x, pass.parameter(filter), { stride, dilation }), pass);
}

/** ReLU, 1x1 convolution, batch norm: fits an input of a cell to its number of channels. */
export function reluConvNorm(place: Place, from: number, to: number, affine: boolean): Layer {
  return convNorm(place, from, to, { size: 1, relu: true, affine });
}

/**
 * Halves height and width (rounding up): ReLU; one 1x1 convolution of stride 2 on the even rows and columns, one on the odd
 * ones; both concatenated; batch norm. Past the edge of an odd size there is a row or column of zeros.
 *
 * @param to even
 */
export function factorizedReduce(place: Place, from: number, to: number, affine: boolean): Branch {
  const filters = ['conv_a', 'conv_b'].map((name) => place.filter(name, [1, 1, from, to / 2]));
  const map: Layer = (input, pass) => {
    const x = tf.relu(input);
    const [, height, width] = x.shape;
    const beyond = (size: number): [number, number] => [0, size % 2];
    const shifted = tf
      .pad(x, [[0, 0], beyond(height), beyond(width), [0, 0]])
      .slice([0, 1, 1, 0], [-1, height - 1 + (height % 2), width - 1 + (width % 2), -1]) as tf.Tensor4D;
    const halves = [x, shifted].map((part, i) =>
      tf.conv2d(part, pass.parameter(filters[i]!) as tf.Tensor4D, 2, 'valid'),
    );
    return tf.concat(halves, 3);
  };
  return { map, norm: norm(place.at('bn'), to, affine) };
}

/** ReLU, depthwise k x k and pointwise convolution, to as many channels: what a sep_conv has twice and a dil_conv once. */
export function separable(
  place: Place,
  channels: number,
  size: number,
  { index = '', ...options }: SeparableConvOptions & { readonly index?: string },
): Layer {
  const depthwise = place.filter(`dw${index}`, [size, size, channels, 1], size * size);
  const pointwise = place.filter(`pw${index}`, [1, 1, channels, channels]);
  return (x, pass) =>
    separableConv(x, pass.parameter(depthwise), pass.parameter(pointwise), {
      ...options,
      frozen: pass.frozen,
    });
}
