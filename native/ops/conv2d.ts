import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';
import { type ConvolutionSizes, convolutionSizes, isPointwise } from './convolution-sizes.ts';
import { matrixProduct } from './matrix-product.ts';

const pixels = (sizes: ConvolutionSizes): number => sizes.images * sizes.height * sizes.width;

const conv2d = override('Conv2D', ({ inputs, attrs, backend }) => {
  const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
  const convolution = areFloats(x, filter) && convolutionSizes(x.shape, filter.shape, attrs, false);
  if (!convolution) return undefined;
  const { sizes, outShape } = convolution;
  const { info, values } = backend.output(outShape);
  if (isPointwise(sizes))
    matrixProduct(backend.values(x), backend.values(filter), values, {
      ...{ rows: pixels(sizes), inner: sizes.channels, columns: sizes.outputs },
    });
  else run('conv2d', [backend.values(x), backend.values(filter)], [values], sizes);
  return info;
});

const conv2dInputGradient = override('Conv2DBackpropInput', ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs as Record<'dy' | 'filter', TensorInfo>;
  const inputShape = attrs.inputShape as number[];
  const convolution = areFloats(dy, filter) && convolutionSizes(inputShape, filter.shape, attrs, false);
  // Stock tfjs has an answer even for a dy that is not of the shape of the output.
  if (!convolution || `${dy.shape}` !== `${convolution.outShape}`) return undefined;
  const { sizes } = convolution;
  const { info, values } = backend.output(inputShape);
  if (isPointwise(sizes))
    matrixProduct(backend.values(dy), backend.values(filter), values, {
      ...{ rows: pixels(sizes), inner: sizes.outputs, columns: sizes.channels, transpose_b: true },
    });
  else run('conv2d_input_grad', [backend.values(dy), backend.values(filter)], [values], sizes);
  return info;
});

const conv2dFilterGradient = override('Conv2DBackpropFilter', ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
  const filterShape = attrs.filterShape as number[];
  const convolution = areFloats(x, dy) && convolutionSizes(x.shape, filterShape, attrs, false);
  // Stock tfjs has an answer even for a dy that is not of the shape of the output.
  if (!convolution || `${dy.shape}` !== `${convolution.outShape}`) return undefined;
  const { sizes } = convolution;
  const { info, values } = backend.output(filterShape);
  if (isPointwise(sizes))
    matrixProduct(backend.values(x), backend.values(dy), values, {
      ...{ rows: sizes.channels, inner: pixels(sizes), columns: sizes.outputs, transpose_a: true },
    });
  else run('conv2d_filter_grad', [backend.values(x), backend.values(dy)], [values], sizes);
  return info;
});

export const kernels = [conv2d, conv2dInputGradient, conv2dFilterGradient];
