import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';
import { convolutionSizes } from './convolution-sizes.ts';

const depthwiseConv = override('DepthwiseConv2dNative', ({ inputs, attrs, backend }) => {
  const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
  const convolution = areFloats(x, filter) && convolutionSizes(x.shape, filter.shape, attrs, true);
  if (!convolution) return undefined;
  const { info, values } = backend.output(convolution.outShape);
  run('depthwise_conv', [backend.values(x), backend.values(filter)], [values], convolution.sizes);
  return info;
});

const depthwiseConvInputGradient = override(
  'DepthwiseConv2dNativeBackpropInput',
  ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', TensorInfo>;
    const inputShape = attrs.inputShape as number[];
    const convolution = areFloats(dy, filter) && convolutionSizes(inputShape, filter.shape, attrs, true);
    if (!convolution || `${dy.shape}` !== `${convolution.outShape}`) return undefined;
    const { info, values } = backend.output(inputShape);
    run(
      'depthwise_conv_input_grad',
      [backend.values(dy), backend.values(filter)],
      [values],
      convolution.sizes,
    );
    return info;
  },
);

const depthwiseConvFilterGradient = override(
  'DepthwiseConv2dNativeBackpropFilter',
  ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
    const filterShape = attrs.filterShape as number[];
    const convolution = areFloats(x, dy) && convolutionSizes(x.shape, filterShape, attrs, true);
    if (!convolution || `${dy.shape}` !== `${convolution.outShape}`) return undefined;
    const { info, values } = backend.output(filterShape);
    run('depthwise_conv_filter_grad', [backend.values(x), backend.values(dy)], [values], convolution.sizes);
    return info;
  },
);

export const kernels = [depthwiseConv, depthwiseConvInputGradient, depthwiseConvFilterGradient];
