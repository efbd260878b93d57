import type * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { override } from '../override.ts';

interface Attrs {
  readonly height: number;
  readonly width: number;
}

const sizes = ({ shape }: tf.TensorInfo, { height, width }: Attrs) => {
  const [pictures, rows, columns, channels] = shape as [number, number, number, number];
  return { pictures, rows, columns, channels, height, width };
};

/** Input: x [N, h, w, C]; output: y [N, height, width, C]. */
const upsample = override('UnnasUpsample', ({ inputs, attrs, backend }) => {
  const [x] = Object.values(inputs) as [tf.TensorInfo];
  const size = sizes(x, attrs as unknown as Attrs);
  const y = backend.output([size.pictures, size.height, size.width, size.channels]);
  run('upsample', [backend.values(x)], [y.values], size);
  return [y.info];
});

/** Inputs: x, dy; output: dx. */
const upsampleGrad = override('UnnasUpsampleGrad', ({ inputs, attrs, backend }) => {
  const [x, dy] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo];
  const dx = backend.output(x.shape);
  run('upsample_grad', [backend.values(dy)], [dx.values], sizes(x, attrs as unknown as Attrs));
  return [dx.info];
});

export const kernels = [upsample, upsampleGrad];
