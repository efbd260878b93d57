import type * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

interface Attrs {
  readonly epsilon: number;
  readonly affine: boolean;
}

const attributes = (attrs: Readonly<Record<string, unknown>>, x: tf.TensorInfo) => ({
  epsilon: (attrs as unknown as Attrs).epsilon,
  affine: (attrs as unknown as Attrs).affine,
  channels: x.shape.at(-1)!,
});

/** Inputs: x [..., C], and gamma, beta [C] if affine; outputs: y, mean [C], variance [C] (biased). */
const batchNorm = override('UnnasBatchNorm', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const x = tensors[0]!;
  const sizes = attributes(attrs, x);
  const outputs = [
    backend.output(x.shape),
    backend.output([sizes.channels]),
    backend.output([sizes.channels]),
  ];
  run(
    'batch_norm',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    sizes,
  );
  return outputs.map(({ info }) => info);
});

/** Inputs: x, gamma and beta if affine, mean, variance, dy; outputs: dx, and dgamma, dbeta if affine. */
const batchNormGrad = override('UnnasBatchNormGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const x = tensors[0]!;
  const sizes = attributes(attrs, x);
  const outputs = [backend.output(x.shape)];
  if (sizes.affine) outputs.push(backend.output([sizes.channels]), backend.output([sizes.channels]));
  run(
    'batch_norm_grad',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    sizes,
  );
  return outputs.map(({ info }) => info);
});

/** tfjs's own batch normalisation: evaluation mode, the statistics are given. */
const fusedBatchNorm = override('FusedBatchNorm', ({ inputs, attrs, backend }) => {
  const { x, mean, variance, scale, offset } = inputs as Partial<typeof inputs>;
  const given = [mean, variance, scale, offset].filter((tensor) => tensor !== undefined);
  const channels = x!.shape.at(-1)!;
  const perChannel = (tensor: tf.TensorInfo) =>
    areFloats(tensor) && tensor.shape.length === 1 && tensor.shape[0] === channels;
  if (!areFloats(x!) || !given.every(perChannel)) return undefined;
  const y = backend.output(x!.shape);
  const ones = () => new Float32Array(channels).fill(1);
  run(
    'normalise',
    [
      backend.values(x!),
      backend.values(mean!),
      backend.values(variance!),
      scale ? backend.values(scale) : ones(),
      offset ? backend.values(offset) : new Float32Array(channels),
    ],
    [y.values],
    { channels, epsilon: (attrs.varianceEpsilon as number | undefined) ?? 0.001 },
  );
  return y.info;
});

export const kernels = [batchNorm, batchNormGrad, fusedBatchNorm];
