import * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, type KernelArguments, override } from '../override.ts';

type Pool2DInfo = ReturnType<typeof tf.backend_util.computePool2DInfo>;
type Pad = Parameters<typeof tf.backend_util.computePool2DInfo>[4];
type Shape4D = [number, number, number, number];

const sizes = (info: Pool2DInfo) => ({
  batch: info.batchSize,
  height: info.inHeight,
  width: info.inWidth,
  channels: info.inChannels,
  outHeight: info.outHeight,
  outWidth: info.outWidth,
  filterHeight: info.filterHeight,
  filterWidth: info.filterWidth,
  strideHeight: info.strideHeight,
  strideWidth: info.strideWidth,
  padTop: info.padInfo.top,
  padLeft: info.padInfo.left,
});

/** The geometry that tfjs works out of the attributes of its own pooling kernels: they know no dilation. */
function stockInfo(x: tf.TensorInfo, attrs: KernelArguments['attrs']): Pool2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as {
    filterSize: [number, number] | number;
    strides: [number, number] | number;
    pad: Pad;
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  return tf.backend_util.computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
}

const averageInfo = (shape: number[], stride: number): Pool2DInfo =>
  tf.backend_util.computePool2DInfo(shape as Shape4D, 3, stride, 1, 1, 'floor');

/** Stock tfjs hands a map through when the window is a single pixel, and has an answer for windows beyond the map. */
const isOrdinary = (info: Pool2DInfo): boolean =>
  info.filterHeight * info.filterWidth > 1 && info.outShape.every((size) => size > 0);

const pool = (kernelName: string, kernel: string) =>
  override(kernelName, ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    if (!areFloats(x)) return undefined;
    const info = stockInfo(x, attrs);
    if (!isOrdinary(info)) return undefined;
    const y = backend.output(info.outShape);
    run(kernel, [backend.values(x)], [y.values], sizes(info));
    return y.info;
  });

const maxPoolGrad = override('MaxPoolGrad', ({ inputs, attrs, backend }) => {
  const x = inputs.input!;
  const dy = inputs.dy!;
  const info = areFloats(x, dy) && stockInfo(x, attrs);
  if (!info || `${dy.shape}` !== `${info.outShape}`) return undefined;
  const dx = backend.output(x.shape);
  run('max_pool_grad', [backend.values(x), backend.values(dy)], [dx.values], sizes(info));
  return dx.info;
});

/** Stock tfjs divides by the whole window in this gradient, padding or not. */
const avgPoolGrad = override('AvgPoolGrad', ({ inputs, attrs, backend }) => {
  const x = inputs.input!;
  const dy = inputs.dy!;
  const info = areFloats(x, dy) && stockInfo(x, attrs);
  if (!info || `${dy.shape}` !== `${info.outShape}`) return undefined;
  const dx = backend.output(x.shape);
  run('average_pool_grad', [backend.values(dy)], [dx.values], { ...sizes(info), countPadding: true });
  return dx.info;
});

/** Inputs: x [N, H, W, C]; output: y. Padding 1 that is not counted. */
const averagePool3x3 = override('UnnasAveragePool3x3', ({ inputs, attrs, backend }) => {
  const [x] = Object.values(inputs) as [tf.TensorInfo];
  const info = averageInfo(x.shape, attrs.stride as number);
  const y = backend.output(info.outShape);
  run('average_pool', [backend.values(x)], [y.values], sizes(info));
  return [y.info];
});

/** Inputs: x, dy; output: dx. */
const averagePool3x3Grad = override('UnnasAveragePool3x3Grad', ({ inputs, attrs, backend }) => {
  const [x, dy] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo];
  const dx = backend.output(x.shape);
  const geometry = sizes(averageInfo(x.shape, attrs.stride as number));
  run('average_pool_grad', [backend.values(dy)], [dx.values], { ...geometry, countPadding: false });
  return [dx.info];
});

export const kernels = [
  pool('MaxPool', 'max_pool'),
  pool('AvgPool', 'average_pool'),
  maxPoolGrad,
  avgPoolGrad,
  averagePool3x3,
  averagePool3x3Grad,
];
