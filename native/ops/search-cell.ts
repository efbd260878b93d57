import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

const NODES = 4;
/** The states that the edges come from, in the order of the rows of the mix. */
const EDGES = [2, 3, 4, 5].flatMap((node) => Array.from({ length: node }, (_, input) => input));
const SOURCES = 5;
/** Sizes of the depthwise filters of an edge. */
const STAGES = [3, 3, 5, 5, 3, 5];
/** Branches of a state: two kernel sizes on each of its edges. */
const BRANCHES = 2 * NODES;

/** What comes first, as in the gradients. */
type Inputs = [
  s0: Float32Array,
  s1: Float32Array,
  mix: Float32Array,
  filters: Float32Array,
  ...others: Float32Array[],
];

/** Sizes of a cell, under the names that the C++ kernels read, and what they need room for. */
function sizes(inputs: readonly TensorInfo[], attrs: Readonly<Record<string, unknown>>) {
  const [s0, s1, , filters] = inputs as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
  const [images, height, width, channels] = s0.shape as [number, number, number, number];
  const reduction = attrs.reduction === true;
  const bfloat16 = attrs.bfloat16 === true;
  const strided = reduction ? EDGES.filter((input) => input < 2).length : 0;
  const lengths = filterLengths(channels, reduction);
  const count = lengths.reduce((sum, length) => sum + length, 0);
  if (
    !areFloats(...inputs.slice(0, 4)) ||
    `${s0.shape}` !== `${s1.shape}` ||
    channels % 2 !== 0 ||
    `${filters.shape}` !== `${count}`
  ) {
    throw new RangeError(
      `search cell: cannot take filters [${filters.shape}] (of ${count} numbers), states [${s0.shape}] and [${s1.shape}]`,
    );
  }
  const half = (size: number) => Math.floor((size - 1) / (reduction ? 2 : 1)) + 1;
  const out = [images, half(height), half(width), 4 * channels] as const;
  const columns = Math.ceil(channels / 16) * 16;
  const map = images * out[1] * out[2] * columns;
  const inputMap = images * height * width * columns;
  return {
    attrs: { images, height, width, channels, reduction, bfloat16, epsilon: attrs.epsilon as number },
    lengths,
    out,
    norms: EDGES.length * (2 + STAGES.length) + strided,
    /** Two numbers of bfloat16 have room in a float. */
    saved: ((EDGES.length * STAGES.length + strided) * map) / (bfloat16 ? 2 : 1),
    /** The states that edges leave and their pools, see `SearchCell::forward_floats`. */
    forwardRoom: 2 * inputMap + (SOURCES - 2 + 2 * SOURCES) * map,
    /** See `BackwardPass::workspace_floats`. */
    backwardRoom: (NODES + BRANCHES) * map + 2 * inputMap,
  };
}

const known = new Map<string, Int32Array>();

/** How long each filter is, in the order in which they are packed. */
function filterLengths(channels: number, reduction: boolean): Int32Array {
  const key = `${channels} ${reduction}`;
  let lengths = known.get(key);
  if (lengths === undefined) {
    const half = channels ** 2 / 2;
    lengths = Int32Array.from(
      EDGES.flatMap((input) => [
        ...(reduction && input < 2 ? [half, half] : []),
        ...STAGES.flatMap((size) => [size ** 2 * channels, channels ** 2]),
      ]),
    );
    known.set(key, lengths);
  }
  return lengths;
}

/** [s0, s1, mix, filters] -> [output, mean, variance, saved]; see `searchCell` of @unnas/nn. */
const searchCell = override('UnnasSearchCell', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, lengths, out, norms, saved, forwardRoom } = sizes(tensors, attrs);
  const outputs = [
    backend.output(out),
    backend.output([norms, shape.channels]),
    backend.output([norms, shape.channels]),
    backend.output([saved]),
  ];
  const workspace = backend.output([forwardRoom]);
  const [s0, s1, mix, filters] = tensors.map((tensor) => backend.values(tensor)) as Inputs;
  run(
    'search_cell',
    [s0, s1, mix, { array: filters, lengths }],
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
 * [s0, s1, mix, filters, output, mean, variance, saved, dOutput] -> gradients of the first three, or of four with `weights`. Without
 * `weights` those of s0 and s1 are left empty if they are `fixed`.
 */
const searchCellGrad = override('UnnasSearchCellGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, lengths, backwardRoom } = sizes(tensors, attrs);
  const weights = attrs.weights === true;
  const fixed = attrs.fixed as readonly [boolean, boolean];
  const first = weights || !fixed[0];
  const second = weights || !fixed[1];
  const leftOut = (i: number) => (i === 0 && !first) || (i === 1 && !second);
  const gradients = tensors
    .slice(0, weights ? 4 : 3)
    .map(({ shape }, i) => backend.output(leftOut(i) ? [0] : shape));
  const workspace = backend.output([backwardRoom]);
  const [s0, s1, mix, filters, ...others] = tensors.map((tensor) => backend.values(tensor)) as Inputs;
  const [ds0, ds1, dmix, dfilters] = gradients.map(({ values }) => values) as Inputs;
  run(
    'search_cell_grad',
    [s0, s1, mix, { array: filters, lengths }, ...others],
    [ds0, ds1, dmix, ...(weights ? [{ array: dfilters, lengths }] : []), workspace.values],
    { ...shape, weights, first, second },
  );
  backend.disposeData(workspace.info.dataId);
  return gradients.map(({ info }) => info);
});

export const kernels = [searchCell, searchCellGrad];
