import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

const EDGES = 14;
const SOURCES = 5;
const STAGES = 6;
/** Edges that have stride 2 in a reduction cell. */
const STRIDED = 8;
/** Maps that the backward pass works in, see kWorkspaceMaps. */
const WORKSPACE_MAPS = 12;

/** Sizes of a cell, under the names that the C++ kernels read, and what they need room for. */
function sizes(inputs: readonly TensorInfo[], attrs: Readonly<Record<string, unknown>>) {
  const [s0, s1] = inputs as [TensorInfo, TensorInfo];
  const [images, height, width, channels] = s0.shape as [number, number, number, number];
  const reduction = attrs.reduction === true;
  const count = 3 + EDGES * 2 * STAGES + (reduction ? 2 * STRIDED : 0);
  if (
    inputs.length < count ||
    !areFloats(...inputs.slice(0, count)) ||
    `${s0.shape}` !== `${s1.shape}` ||
    channels % 2 !== 0
  ) {
    throw new RangeError(
      `search cell: cannot take ${inputs.length} inputs (of ${count}), states [${s0.shape}] and [${s1.shape}]`,
    );
  }
  const half = (size: number) => Math.floor((size - 1) / (reduction ? 2 : 1)) + 1;
  const out = [images, half(height), half(width), 4 * channels] as const;
  const map = images * out[1] * out[2] * Math.ceil(channels / 16) * 16;
  return {
    attrs: { images, height, width, channels, reduction, epsilon: attrs.epsilon as number },
    count,
    out,
    norms: EDGES * (2 + STAGES) + (reduction ? STRIDED : 0),
    saved: (EDGES * STAGES + 2 * SOURCES + (reduction ? STRIDED : 0)) * map + (SOURCES * map) / 4,
    workspace: WORKSPACE_MAPS * map,
  };
}

/** [s0, s1, mix, filters] -> [output, mean, variance, saved]; see `searchCell` of @unnas/nn. */
const searchCell = override('UnnasSearchCell', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, out, norms, saved: room } = sizes(tensors, attrs);
  const outputs = [
    backend.output(out),
    backend.output([norms, shape.channels]),
    backend.output([norms, shape.channels]),
    backend.output([room]),
  ];
  run(
    'search_cell',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    shape,
  );
  // What is saved is for the gradient kernel alone, so the tensor says that it is one number: of a large output tfjs would
  // make a gradient of zeros.
  outputs[3]!.info.shape = [1];
  return outputs.map(({ info }) => info);
});

/** [s0, s1, mix, filters, output, mean, variance, saved, dOutput] -> gradients of the first three, or of all inputs with `weights`. */
const searchCellGrad = override('UnnasSearchCellGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, count, workspace: room } = sizes(tensors, attrs);
  const weights = attrs.weights === true;
  const gradients = tensors.slice(0, weights ? count : 3).map((tensor) => backend.output(tensor.shape));
  const workspace = backend.output([room]);
  run(
    'search_cell_grad',
    tensors.map((tensor) => backend.values(tensor)),
    [...gradients, workspace].map(({ values }) => values),
    { ...shape, weights },
  );
  backend.disposeData(workspace.info.dataId);
  return gradients.map(({ info }) => info);
});

export const kernels = [searchCell, searchCellGrad];
