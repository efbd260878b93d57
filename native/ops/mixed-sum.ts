import { run } from '../addon.ts';
import { override } from '../override.ts';

interface Attrs {
  readonly normalise: readonly boolean[];
  readonly epsilon: number;
}

/** Inputs: weights [K], x_0 .. x_{K-1} [N, H, W, C]; outputs: y, mean [K, C], variance [K, C]. */
const mixedSum = override('UnnasMixedSum', ({ inputs, attrs, backend }) => {
  const { normalise, epsilon } = attrs as unknown as Attrs;
  const tensors = Object.values(inputs);
  const x = tensors[1]!;
  const channels = x.shape.at(-1)!;
  const statistics = [normalise.length, channels];
  const outputs = [backend.output(x.shape), backend.output(statistics), backend.output(statistics)];
  run(
    'mixed_sum',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    { normalise, epsilon, channels },
  );
  return outputs.map(({ info }) => info);
});

/** Inputs: weights, x_0 .., mean, variance, dy; outputs: dweights, dx_0 .. */
const mixedSumGrad = override('UnnasMixedSumGrad', ({ inputs, attrs, backend }) => {
  const { normalise, epsilon } = attrs as unknown as Attrs;
  const tensors = Object.values(inputs);
  const outputs = tensors.slice(0, normalise.length + 1).map((tensor) => backend.output(tensor.shape));
  run(
    'mixed_sum_grad',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    { normalise, epsilon, channels: tensors[1]!.shape.at(-1)! },
  );
  return outputs.map(({ info }) => info);
});

export const kernels = [mixedSum, mixedSumGrad];
