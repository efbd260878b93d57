import type { TensorInfo } from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

/** As in `DerivedCellPlan` of @unnas/nn. */
interface Edge {
  readonly node: number;
  readonly input: number;
  readonly kind: (typeof KINDS)[number];
  readonly kernel?: number;
  readonly dilation?: number;
  readonly stages?: number;
}
interface Attrs {
  readonly edges: readonly Edge[];
  readonly concat: readonly number[];
  readonly reduction: boolean;
  readonly affine: boolean;
  readonly epsilon: number;
  readonly weights: boolean;
}

/** In the order of `DerivedCell::Kind`. */
const KINDS = ['skip', 'max_pool', 'average_pool', 'convolution'] as const;

type Inputs = [s0: Float32Array, s1: Float32Array, parameters: Float32Array, ...others: Float32Array[]];

/** What follows from the edges alone, for each list of edges that was ever seen. */
const plans = new WeakMap<readonly Edge[], ReturnType<typeof planOf>>();

function planOf(edges: readonly Edge[]) {
  const list = (of: (edge: Edge) => number) => edges.map(of);
  const convolutions = edges.filter(({ kind }) => kind === 'convolution');
  const states = Math.max(...edges.map(({ node }) => node)) + 1;
  return {
    attrs: {
      states,
      nodes: list(({ node }) => node),
      sources: list(({ input }) => input),
      kinds: list(({ kind }) => KINDS.indexOf(kind)),
      kernels: list(({ kernel = 0 }) => kernel),
      dilations: list(({ dilation = 0 }) => dilation),
      stages: list(({ stages = 0 }) => stages),
    },
    /** Sizes of the depthwise filters of all stages. */
    stages: convolutions.flatMap(({ kernel, stages }) => Array.from({ length: stages! }, () => kernel!)),
    readNodes: new Set(edges.map(({ input }) => input).filter((input) => input >= 2)).size,
    /** Convolutions of two stages that leave a state, at most. */
    middles: Math.max(
      ...Array.from(
        { length: states },
        (_, state) => convolutions.filter(({ input, stages }) => input === state && stages === 2).length,
      ),
    ),
  };
}

/** Sizes of a cell, under the names that the C++ kernels read, and what they need room for. */
function sizes(inputs: readonly TensorInfo[], given: unknown) {
  const { edges, concat, reduction, affine, epsilon } = given as Attrs;
  const [s0, s1, parameters] = inputs as [TensorInfo, TensorInfo, TensorInfo];
  const [images, height, width, channels] = s0.shape as [number, number, number, number];
  let plan = plans.get(edges);
  if (plan === undefined) plans.set(edges, (plan = planOf(edges)));
  const { stages, readNodes, middles } = plan;
  // Of each stage as they are packed: depthwise and pointwise filter, scale and offset.
  const lengths = Int32Array.from(
    stages.flatMap((kernel) => [
      kernel ** 2 * channels,
      channels ** 2,
      ...(affine ? [channels, channels] : []),
    ]),
  );
  const count = lengths.reduce((sum, length) => sum + length, 0);
  if (
    !areFloats(s0, s1) ||
    parameters.dtype !== 'float32' ||
    `${s0.shape}` !== `${s1.shape}` ||
    `${parameters.shape}` !== `${count}`
  ) {
    throw new RangeError(
      `derived cell: cannot take parameters [${parameters.shape}] (of ${count} numbers), states [${s0.shape}] and [${s1.shape}]`,
    );
  }
  const half = (size: number) => Math.floor((size - 1) / (reduction ? 2 : 1)) + 1;
  const out = [images, half(height), half(width), concat.length * channels] as const;
  const map = images * out[1] * out[2] * Math.ceil(channels / 16) * 16;
  return {
    attrs: {
      ...{ images, height, width, channels, reduction, affine, epsilon, outputs: concat },
      ...plan.attrs,
    },
    lengths,
    out,
    norms: stages.length,
    /** See `DerivedCell::saved_floats`. */
    saved: (stages.length + readNodes) * map,
    /** See `DerivedBackward::workspace_floats`. */
    backwardRoom: (plan.attrs.states - 2 + middles) * map,
  };
}

/** [s0, s1, parameters] -> [output, mean, variance, saved]; see `derivedCell` of @unnas/nn. */
const derivedCell = override('UnnasDerivedCell', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, lengths, out, norms, saved } = sizes(tensors, attrs);
  const outputs = [
    backend.output(out),
    backend.output([norms, shape.channels]),
    backend.output([norms, shape.channels]),
    backend.output([saved]),
  ];
  const [s0, s1, parameters] = tensors.map((tensor) => backend.values(tensor)) as Inputs;
  run(
    'derived_cell',
    [s0, s1, { array: parameters, lengths }],
    outputs.map(({ values }) => values),
    shape,
  );
  // What is saved is for the gradient kernel alone, so the tensor says that it is one number: of a large output tfjs would
  // make a gradient of zeros.
  outputs[3]!.info.shape = [1];
  return outputs.map(({ info }) => info);
});

/** [s0, s1, parameters, mean, variance, saved, dOutput] -> gradients of the states, or of all three with `weights`. */
const derivedCellGrad = override('UnnasDerivedCellGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, lengths, backwardRoom } = sizes(tensors, attrs);
  const weights = attrs.weights === true;
  const gradients = tensors.slice(0, weights ? 3 : 2).map((tensor) => backend.output(tensor.shape));
  const workspace = backend.output([backwardRoom]);
  const [s0, s1, parameters, ...others] = tensors.map((tensor) => backend.values(tensor)) as Inputs;
  const [ds0, ds1, dparameters] = gradients.map(({ values }) => values) as Inputs;
  run(
    'derived_cell_grad',
    [s0, s1, { array: parameters, lengths }, ...others],
    [ds0, ds1, ...(weights ? [{ array: dparameters, lengths }] : []), workspace.values],
    { ...shape, weights },
  );
  backend.disposeData(workspace.info.dataId);
  return gradients.map(({ info }) => info);
});

export const kernels = [derivedCell, derivedCellGrad];
