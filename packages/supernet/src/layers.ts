import * as tf from '@tensorflow/tfjs';
import {
  batchNorm,
  convolution,
  factorizedReduction,
  normalise,
  projection as projectionOp,
  type SeparableConvOptions,
  separableConv,
} from '@unnas/nn';
import type { Place } from './declaration.ts';
import { type Pass, type StatisticNames, statisticNames } from './pass.ts';

/** A map N,H,W,C to another. */
export type Layer = (x: tf.Tensor4D, pass: Pass) => tf.Tensor4D;

/** Batch norm at the end of a layer. `prefix` names its running statistics. */
export interface Norm {
  readonly prefix: string;
  readonly names: StatisticNames;
  readonly apply: Layer;
  /** Scale and offset, if it has them. */
  scale(pass: Pass): { gamma?: tf.Tensor; beta?: tf.Tensor };
  /** Notes what an op that ends with this norm saw of a batch; y is its output. */
  observe(pass: Pass, statistics: { mean: tf.Tensor; variance: tf.Tensor }, y: tf.Tensor): void;
}

/** Batch norm at `place`, with scale and offset if `affine`. It notes the statistics of the batch in training mode. */
export function norm(place: Place, channels: number, affine: boolean): Norm {
  const gamma = affine && place.parameter('gamma', [channels], { value: 1 });
  const beta = affine && place.parameter('beta', [channels], { value: 0 });
  const prefix = place.statistics(channels);
  const names = statisticNames([prefix]);
  const scale: Norm['scale'] = (pass) =>
    gamma && beta ? { gamma: pass.parameter(gamma), beta: pass.parameter(beta) } : {};
  const observe: Norm['observe'] = (pass, { mean, variance }, y) =>
    pass.observe(names, mean, variance, y.size / channels);
  const apply: Layer = (x, pass) => {
    if (!pass.training) return normalise(x, { ...pass.running(prefix), ...scale(pass) });
    const { y, mean, variance } = batchNorm(x, scale(pass));
    observe(pass, { mean, variance }, y);
    return y;
  };
  return { prefix, names, apply, scale, observe };
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

/**
 * Fits an input of a cell to its number of channels: ReLU, 1x1 convolution, batch norm; or at half the size (rounded up), by a
 * factorized reduction. In training mode it is one op.
 *
 * @param to even if `reduce`
 */
export function projection(
  place: Place,
  from: number,
  to: number,
  { affine, reduce = false }: { readonly affine: boolean; readonly reduce?: boolean },
): Layer {
  const filters = reduce
    ? ['conv_a', 'conv_b'].map((name) => place.filter(name, [1, 1, from, to / 2]))
    : [place.filter('conv', [1, 1, from, to])];
  const end = norm(place.at('bn'), to, affine);
  return (x, pass) => {
    const [first, second] = filters.map((name) => pass.parameter(name));
    if (!pass.training) {
      const map = second ? factorizedReduction(x, first!, second) : convolution(tf.relu(x), first!);
      return end.apply(map, pass);
    }
    const { y, mean, variance } = projectionOp(x, second ? [first!, second] : [first!], {
      ...end.scale(pass),
      frozen: pass.frozen,
    });
    end.observe(pass, { mean, variance }, y);
    return y;
  };
}

/** The skip connection of stride 2: a factorized reduction with a batch norm of its own. `channels` is even. */
export function stridedSkip(place: Place, channels: number, affine: boolean): Branch {
  const [even, odd] = ['conv_a', 'conv_b'].map((name) => place.filter(name, [1, 1, channels, channels / 2]));
  return {
    map: (x, pass) => factorizedReduction(x, pass.parameter(even!), pass.parameter(odd!)),
    norm: norm(place.at('bn'), channels, affine),
  };
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
