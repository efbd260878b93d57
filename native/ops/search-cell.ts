import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

const EDGES = 14;
const SOURCES = 5;
const STAGES = 6;
/** Edges that have stride 2 in a reduction cell. */
const STRIDED = 8;
const NODES = 4;
/** Branches of a state: two kernel sizes on each of its edges. */
const BRANCHES = 2 * NODES;

/** Sizes of a cell, under the names that the C++ kernels read, and what they need room for. */
function sizes(inputs: readonly TensorInfo[], attrs: Readonly<Record<string, unknown>>) {
  const [s0, s1] = inputs as [TensorInfo, TensorInfo];
  const [images, height, width, channels] = s0.shape as [number, number, number, number];
  const reduction = attrs.reduction === true;
  const bfloat16 = attrs.bfloat16 === true;
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
  const columns = Math.ceil(channels / 16) * 16;
  const map = images * out[1] * out[2] * columns;
  const inputMap = images * height * width * columns;
  return {
    attrs: { images, height, width, channels, reduction, bfloat16, epsilon: attrs.epsilon as number },
    count,
    out,
    norms: EDGES * (2 + STAGES) + (reduction ? STRIDED : 0),
    /** Two numbers of bfloat16 have room in a float. */
    saved: ((EDGES * STAGES + (reduction ? STRIDED : 0)) * map) / (bfloat16 ? 2 : 1),
    /** The states that edges leave and their pools, see `SearchCell::forward_floats`. */
    forwardRoom: 2 * inputMap + (SOURCES - 2 + 2 * SOURCES) * map,
    /** See `BackwardPass::workspace_floats`. */
    backwardRoom: (NODES + BRANCHES) * map + 2 * inputMap,
  };
}

/** [s0, s1, mix, filters] -> [output, mean, variance, saved]; see `searchCell` of @unnas/nn. */
const searchCell = override('UnnasSearchCell', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, out, norms, saved, forwardRoom } = sizes(tensors, attrs);
  const outputs = [
    backend.output(out),
    backend.output([norms, shape.channels]),
    backend.output([norms, shape.channels]),
    backend.output([saved]),
  ];
  const workspace = backend.output([forwardRoom]);
  run(
    'search_cell',
    tensors.map((tensor) => backend.values(tensor)),
    [...outputs, workspace].map(({ values }) => values),
    shape,
  );
  backend.disposeData(workspace.info.dataId);
  // What is saved is for the gradient kernel alone, so the tensor says that it is one number: of a large output tfjs would
  // make a gradient of zeros.
  outputs[3]!.info.shape = [1];
  return outputs.map(({ info }) => info);
});

/**
 * [s0, s1, mix, filters, output, mean, variance, saved, dOutput] -> gradients of the first three, or of all inputs with `weights`. Without
 * `weights` those of s0 and s1 are left empty if they are `fixed`.
 */
const searchCellGrad = override('UnnasSearchCellGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, count, backwardRoom } = sizes(tensors, attrs);
  const weights = attrs.weights === true;
  const fixed = attrs.fixed as readonly [boolean, boolean];
  const first = weights || !fixed[0];
  const second = weights || !fixed[1];
  const leftOut = (i: number) => (i === 0 && !first) || (i === 1 && !second);
  const gradients = tensors
    .slice(0, weights ? count : 3)
    .map(({ shape }, i) => backend.output(leftOut(i) ? [0] : shape));
  const workspace = backend.output([backwardRoom]);
  run(
    'search_cell_grad',
    tensors.map((tensor) => backend.values(tensor)),
    [...gradients, workspace].map(({ values }) => values),
    { ...shape, weights, first, second },
  );
  backend.disposeData(workspace.info.dataId);
  return gradients.map(({ info }) => info);
});

export const kernels = [searchCell, searchCellGrad];
