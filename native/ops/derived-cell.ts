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

/** Sizes of a cell, under the names that the C++ kernels read, and what they need room for. */
function sizes(inputs: readonly TensorInfo[], given: unknown) {
  const { edges, concat, reduction, affine, epsilon } = given as Attrs;
  const [s0, s1] = inputs as [TensorInfo, TensorInfo];
  const [images, height, width, channels] = s0.shape as [number, number, number, number];
  const convolutions = edges.filter(({ kind }) => kind === 'convolution');
  const stages = convolutions.reduce((sum, edge) => sum + edge.stages!, 0);
  const count = 2 + stages * (affine ? 4 : 2);
  if (inputs.length < count || !areFloats(...inputs.slice(0, count)) || `${s0.shape}` !== `${s1.shape}`) {
    throw new RangeError(
      `derived cell: cannot take ${inputs.length} inputs (of ${count}), states [${s0.shape}] and [${s1.shape}]`,
    );
  }
  const half = (size: number) => Math.floor((size - 1) / (reduction ? 2 : 1)) + 1;
  const out = [images, half(height), half(width), concat.length * channels] as const;
  const map = images * out[1] * out[2] * Math.ceil(channels / 16) * 16;
  const states = Math.max(...edges.map(({ node }) => node)) + 1;
  const list = (of: (edge: Edge) => number) => edges.map(of);
  /** Convolutions of two stages that leave a state, at most. */
  const middles = Math.max(
    ...Array.from(
      { length: states },
      (_, state) => convolutions.filter(({ input, stages }) => input === state && stages === 2).length,
    ),
  );
  const readNodes = new Set(edges.map(({ input }) => input).filter((input) => input >= 2)).size;
  return {
    attrs: {
      ...{ images, height, width, channels, reduction, affine, epsilon, states, outputs: concat },
      nodes: list(({ node }) => node),
      sources: list(({ input }) => input),
      kinds: list(({ kind }) => KINDS.indexOf(kind)),
      kernels: list(({ kernel = 0 }) => kernel),
      dilations: list(({ dilation = 0 }) => dilation),
      stages: list(({ stages = 0 }) => stages),
    },
    count,
    out,
    norms: stages,
    /** See `DerivedCell::saved_floats`. */
    saved: (stages + readNodes) * map,
    /** See `DerivedBackward::workspace_floats`. */
    backwardRoom: (states - 2 + middles) * map,
  };
}

/** [s0, s1, parameters] -> [output, mean, variance, saved]; see `derivedCell` of @unnas/nn. */
const derivedCell = override('UnnasDerivedCell', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, out, norms, saved } = sizes(tensors, attrs);
  const outputs = [
    backend.output(out),
    backend.output([norms, shape.channels]),
    backend.output([norms, shape.channels]),
    backend.output([saved]),
  ];
  run(
    'derived_cell',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    shape,
  );
  // What is saved is for the gradient kernel alone, so the tensor says that it is one number: of a large output tfjs would
  // make a gradient of zeros.
  outputs[3]!.info.shape = [1];
  return outputs.map(({ info }) => info);
});

/** [s0, s1, parameters, mean, variance, saved, dOutput] -> gradients of the states, or of all inputs with `weights`. */
const derivedCellGrad = override('UnnasDerivedCellGrad', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const { attrs: shape, count, backwardRoom } = sizes(tensors, attrs);
  const weights = attrs.weights === true;
  const gradients = tensors.slice(0, weights ? count : 2).map((tensor) => backend.output(tensor.shape));
  const workspace = backend.output([backwardRoom]);
  run(
    'derived_cell_grad',
    tensors.map((tensor) => backend.values(tensor)),
    [...gradients, workspace].map(({ values }) => values),
    { ...shape, weights },
  );
  backend.disposeData(workspace.info.dataId);
  return gradients.map(({ info }) => info);
});

export const kernels = [derivedCell, derivedCellGrad];
