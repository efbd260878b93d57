import type { TensorInfo } from '@tensorflow/tfjs';
import { type KernelAttrs, run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

/** Sizes of x [N, H, W, C], depthwise [k, k, C, 1] and pointwise [1, 1, C, M], under the names that the C++ kernel reads. */
function sizes(
  x: TensorInfo,
  depthwise: TensorInfo,
  pointwise: TensorInfo,
  attrs: Readonly<Record<string, unknown>>,
) {
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const { stride, dilation } = attrs as { stride: number; dilation: number };
  const shape = {
    images,
    height,
    width,
    channels,
    kernel: depthwise.shape[0]!,
    outputs: pointwise.shape[3]!,
    stride,
    dilation,
  };
  if (
    !areFloats(x, depthwise, pointwise) ||
    depthwise.shape[2] !== channels ||
    pointwise.shape[2] !== channels
  )
    throw new RangeError(
      `separable convolution: cannot take x [${x.shape}], depthwise [${depthwise.shape}], pointwise [${pointwise.shape}]`,
    );
  return shape satisfies KernelAttrs;
}

/** [x, depthwise, pointwise] -> y = pointwise(depthwise(relu(x))), padded by dilation * (k - 1) / 2 on all sides. */
const separableConv = override('UnnasSeparableConv', ({ inputs, attrs, backend }) => {
  const [x, depthwise, pointwise] = Object.values(inputs) as [TensorInfo, TensorInfo, TensorInfo];
  const shape = sizes(x, depthwise, pointwise, attrs);
  const out = (size: number) => Math.floor((size - 1) / shape.stride) + 1;
  const y = backend.output([shape.images, out(shape.height), out(shape.width), shape.outputs]);
  run(
    'separable_conv',
    [x, depthwise, pointwise].map((tensor) => backend.values(tensor)),
    [y.values],
    shape,
  );
  return [y.info];
});

/** [x, depthwise, pointwise, dy] -> [dx, dDepthwise, dPointwise], or [dx] without `weights`. */
const separableConvGrad = override('UnnasSeparableConvGrad', ({ inputs, attrs, backend }) => {
  const [x, depthwise, pointwise, dy] = Object.values(inputs) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
  const shape = sizes(x, depthwise, pointwise, attrs);
  const weights = attrs.weights === true;
  const outputs = (weights ? [x, depthwise, pointwise] : [x]).map((tensor) => backend.output(tensor.shape));
  run(
    'separable_conv_grad',
    [x, depthwise, pointwise, dy].map((tensor) => backend.values(tensor)),
    outputs.map((output) => output.values),
    { ...shape, weights },
  );
  return outputs.map((output) => output.info);
});

export const kernels = [separableConv, separableConvGrad];
