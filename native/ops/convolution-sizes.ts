import * as tf from '@tensorflow/tfjs';

export type Shape4D = [number, number, number, number];
type Conv2DInfo = tf.backend_util.Conv2DInfo;

interface ConvolutionAttrs {
  readonly strides: number | [number, number];
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The sizes of a (depthwise) convolution, under the names that the C++ kernels read; undefined for a layout other than NHWC. */
export function convolutionSizes(
  input: readonly number[],
  filter: readonly number[],
  attrs: Readonly<Record<string, unknown>>,
  depthwise: boolean,
) {
  const { strides, pad, dilations, dataFormat, dimRoundingMode } = attrs as unknown as ConvolutionAttrs;
  if (dataFormat === 'NCHW' || input.length !== 4) return undefined;
  const info: Conv2DInfo = tf.backend_util.computeConv2DInfo(
    input as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  if (info.outHeight < 1 || info.outWidth < 1) return undefined;
  return {
    outShape: info.outShape as Shape4D,
    sizes: {
      images: info.batchSize,
      height: info.inHeight,
      width: info.inWidth,
      channels: info.inChannels,
      outputs: info.outChannels,
      kernel_height: info.filterHeight,
      kernel_width: info.filterWidth,
      stride_height: info.strideHeight,
      stride_width: info.strideWidth,
      dilation_height: info.dilationHeight,
      dilation_width: info.dilationWidth,
      top: info.padInfo.top,
      left: info.padInfo.left,
      out_height: info.outHeight,
      out_width: info.outWidth,
    },
  };
}

export type ConvolutionSizes = NonNullable<ReturnType<typeof convolutionSizes>>['sizes'];

/** Whether output pixel i sees input pixel i and no other: then a convolution is a product of matrices. */
export const isPointwise = (sizes: ConvolutionSizes): boolean =>
  sizes.kernel_height === 1 &&
  sizes.kernel_width === 1 &&
  sizes.out_height === sizes.height &&
  sizes.out_width === sizes.width &&
  sizes.top === 0 &&
  sizes.left === 0;
