import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

interface Attrs {
  readonly epsilon: number;
  readonly filters: number;
  readonly affine: boolean;
  readonly weights?: boolean;
}

/** Sizes under the names that the C++ kernels read. */
function sizes(inputs: readonly TensorInfo[], { epsilon, filters, affine }: Attrs) {
  const [x, filter] = inputs as [TensorInfo, TensorInfo];
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const outputs = filters * filter.shape[3]!;
  const count = 1 + filters + (affine ? 2 : 0);
  const fits =
    inputs.length >= count &&
    areFloats(...inputs.slice(0, count)) &&
    x.shape.length === 4 &&
    inputs.slice(1, 1 + filters).every(({ shape }) => `${shape}` === `1,1,${channels},${outputs / filters}`);
  if (!fits) {
    throw new RangeError(
      `projection: cannot take inputs ${inputs.map(({ shape }) => `[${shape}]`).join(' ')} (${filters} filters)`,
    );
  }
  const half = (size: number) => Math.floor((size - 1) / filters) + 1;
  return {
    attrs: { images, height, width, channels, outputs, filters, affine, epsilon },
    count,
    out: [images, half(height), half(width), outputs] as const,
  };
}

/** [x, filters, gamma and beta if affine] -> [y, mean, variance, what the norm reads if affine]; see `projection` of @unnas/nn. */
const projection = override('UnnasProjection', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, out } = sizes(tensors, attrs as unknown as Attrs);
  const outputs = [
    backend.output(out),
    backend.output([shape.outputs]),
    backend.output([shape.outputs]),
    backend.output(shape.affine ? out : [1]),
  ];
  run(
    'projection',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    shape,
  );
  // The last one is for the gradient kernel alone: of a large output tfjs would make a gradient of zeros.
  outputs[3]!.info.shape = [1];
  if (!shape.affine) outputs[3]!.values.fill(0);
  return outputs.map(({ info }) => info);
});

/** [x, filters, gamma and beta, the outputs, dy] -> gradients of x and, with `weights`, of the other inputs. */
const projectionGrad = override('UnnasProjectionGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const weights = (attrs as unknown as Attrs).weights === true;
  const { attrs: shape, count } = sizes(tensors, attrs as unknown as Attrs);
  const gradients = tensors.slice(0, weights ? count : 1).map((tensor) => backend.output(tensor.shape));
  run(
    'projection_grad',
    tensors.map((tensor) => backend.values(tensor)),
    gradients.map(({ values }) => values),
    { ...shape, weights },
  );
  return gradients.map(({ info }) => info);
});

export const kernels = [projection, projectionGrad];
