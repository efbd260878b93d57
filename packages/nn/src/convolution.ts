import * as tf from '@tensorflow/tfjs';
import { op } from './op.ts';

/**
 * Dense convolution with symmetric padding of dilation * (k - 1) / 2 (TensorFlow's `same` pads a stride-2 convolution on two sides
 * only).
 *
 * @param x N,H,W,C
 * @param filter k,k,C,M with odd k
 * @param options with a dilation above 1 the stride must be 1
 * @returns N,OH,OW,M with OH = floor((H - 1) / stride) + 1
 */
export function convolution(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  { stride = 1, dilation = 1 }: { readonly stride?: number; readonly dilation?: number } = {},
): tf.Tensor4D {
  const size = filter.shape[0]!;
  // With one tap and stride 1, a convolution is a product of matrices, which every backend does faster.
  if (size === 1 && stride === 1) return pointwise(x, filter);
  if (dilation === 1) return tf.conv2d(x, filter as tf.Tensor4D, stride, (size - 1) / 2);
  if (stride !== 1)
    throw new RangeError(`convolution: with dilation ${dilation} the stride is 1, got ${stride}`);
  // Stock tfjs does not differentiate a dilated convolution: here it is a sum of shifted 1x1 convolutions.
  const [n, height, width, channels] = x.shape;
  const pad = (dilation * (size - 1)) / 2;
  const around: [number, number] = [pad, pad];
  const padded = x.pad([[0, 0], around, around, [0, 0]]);
  const taps = Array.from({ length: size * size }, (_, tap) => {
    const row = Math.floor(tap / size);
    const column = tap % size;
    const shifted = padded.slice([0, row * dilation, column * dilation, 0], [n, height, width, channels]);
    return pointwise(shifted as tf.Tensor4D, filter.slice([row, column, 0, 0], [1, 1, -1, -1]));
  });
  return tf.addN(taps) as tf.Tensor4D;
}

/** 1x1 convolution. x N,H,W,C; filter 1,1,C,M; gives N,H,W,M. */
function pointwise(x: tf.Tensor4D, filter: tf.Tensor): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const m = filter.shape[3]!;
  const product = tf.matMul(x.reshape([n * h * w, c]), filter.reshape([c, m]));
  return product.reshape([n, h, w, m]);
}

/** A dilated filter as a plain one: zeros between the taps. k,k,C,1 becomes d(k-1)+1,d(k-1)+1,C,1. */
function spread(filter: tf.Tensor, dilation: number): tf.Tensor4D {
  const [k, , c] = filter.shape as [number, number, number, number];
  if (dilation === 1) return filter as tf.Tensor4D;
  const side = dilation * (k - 1) + 1;
  const gap: [number, number] = [0, dilation - 1];
  return filter
    .reshape([k, 1, k, 1, c])
    .pad([[0, 0], gap, [0, 0], gap, [0, 0]])
    .reshape([k * dilation, k * dilation, c])
    .slice([0, 0, 0], [side, side, c])
    .reshape([side, side, c, 1]);
}

interface SeparableConvolutionAttrs {
  readonly stride: number;
  readonly dilation: number;
  /** Whether the gradient kernel computes the gradients of the two filters. */
  readonly weights: boolean;
}

const fused = op<SeparableConvolutionAttrs>({
  name: 'UnnasSeparableConv',
  allGradients: { weights: true },
  reference: ([x, depthwise, pointwiseFilter], { stride, dilation }) => {
    // Stock tfjs neither differentiates a dilated convolution nor runs one with a stride, hence the zeros in the filter.
    const filter = spread(depthwise!, dilation);
    const pad = (filter.shape[0] - 1) / 2;
    const features = tf.depthwiseConv2d(tf.relu(x as tf.Tensor4D), filter, stride, pad);
    return [pointwise(features, pointwiseFilter!)];
  },
});

/** What a separable convolution can be told. */
export interface SeparableConvOptions {
  readonly stride?: number;
  readonly dilation?: number;
  /** A hint that the gradients of the filters will not be asked for; asking all the same works, but costs more. */
  readonly frozen?: boolean;
}

/**
 * y = pointwise(depthwise(relu(x))): the part of DARTS's separable and dilated convolutions before their batch norm
 * (Liu et al., "DARTS", ICLR 2019, section 3.1). Padding is dilation * (k - 1) / 2 on all sides.
 *
 * @param x N,H,W,C
 * @param depthwise k,k,C,1 with odd k
 * @param pointwise 1,1,C,M
 * @returns N,OH,OW,M with OH = floor((H - 1) / stride) + 1
 */
export function separableConv(
  x: tf.Tensor4D,
  depthwise: tf.Tensor,
  pointwise: tf.Tensor,
  { stride = 1, dilation = 1, frozen = false }: SeparableConvOptions = {},
): tf.Tensor4D {
  const channels = x.shape[3];
  const [k, k2, c, one] = depthwise.shape;
  if (x.rank !== 4 || k !== k2 || k! % 2 !== 1 || c !== channels || one !== 1) {
    throw new RangeError(
      `separableConv: a map N,H,W,C goes with a depthwise filter k,k,C,1 of odd k, got ${x.shape} and ${depthwise.shape}`,
    );
  }
  if (
    pointwise.rank !== 4 ||
    pointwise.shape[0] !== 1 ||
    pointwise.shape[1] !== 1 ||
    pointwise.shape[2] !== channels
  ) {
    throw new RangeError(
      `separableConv: expected a pointwise filter 1,1,${channels},M, got ${pointwise.shape}`,
    );
  }
  return fused([x, depthwise, pointwise], { stride, dilation, weights: !frozen })[0] as tf.Tensor4D;
}
