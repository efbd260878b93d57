import * as tf from '@tensorflow/tfjs';
import { moveAverages, type Tensors, valueAndGradients } from '@unnas/nn';
import {
  type Branch,
  candidate,
  mixedNode,
  nodeWeights,
  Pass,
  Place,
  projection,
  searchCell,
  whole,
} from '@unnas/supernet';
import type { Comparison } from './comparison.ts';
import type { GoldenFile, Meta } from './golden-file.ts';
import { candidatesOf, nodesOf, variables } from './golden-network.ts';
import { OPERATION } from './limits.ts';

/** A single operation: a candidate, or the layers that fit maps to a cell. */
export function checkOperation(file: GoldenFile, comparison: Comparison): void {
  const place = Place.root();
  const branch = operation(place, file.meta);
  const layer = branch ? whole(branch) : () => zeros(file.stored('in/x').shape, file.meta.stride);
  run(file, comparison, place, ({ x }, pass) => ({ y: layer(x as tf.Tensor4D, pass) }));
}

function operation(place: Place, { op, c, c_in, c_out, stride, affine, pool_bn }: Meta): Branch | undefined {
  switch (op) {
    case 'factorized_reduce':
      return { map: projection(place, c_in, c_out, { affine, reduce: true }) };
    case 'relu_conv_bn':
      return { map: projection(place, c_in, c_out, { affine }) };
    default:
      return candidate(op)(place, { channels: c, stride, affine, poolNorm: pool_bn });
  }
}

/** What `none` stands for: a cell leaves it out of its sums. */
function zeros(shape: readonly number[], stride: number): tf.Tensor4D {
  const [n, height, width, channels] = shape as [number, number, number, number];
  return tf.zeros([n, Math.ceil(height / stride), Math.ceil(width / stride), channels]);
}

/** All candidates on one edge, weighted by the softmax of `in/alpha`. */
export function checkMixedOperation(file: GoldenFile, comparison: Comparison): void {
  const { c, stride } = file.meta;
  const place = Place.root();
  const names = candidatesOf(file, file.stored('in/alpha').shape.at(-1)!);
  const branches = names.flatMap((name) => {
    const placement = { channels: c, stride, affine: false, poolNorm: true };
    return candidate(name)(place.at(name), placement) ?? [];
  });
  const node = mixedNode(branches);
  run(file, comparison, place, ({ x, alpha }, pass) => {
    const weights = tf.softmax(alpha!);
    const kept = tf.concat(names.flatMap((name, i) => (name === 'none' ? [] : [weights.slice(i, 1)])));
    const maps = branches.map(({ map }) => map(x as tf.Tensor4D, pass));
    return { y: node(maps, kept, pass), weights };
  });
}

/** A whole cell of the supernet. */
export function checkCell(file: GoldenFile, comparison: Comparison): void {
  const { c_prev_prev, c_prev, c, reduction, reduction_prev } = file.meta;
  const place = Place.root();
  const [edges, columns] = file.stored('in/alpha').shape as [number, number];
  const nodes = nodesOf(edges);
  const space = { candidates: candidatesOf(file, columns), nodes };
  const placement = {
    from: [c_prev_prev, c_prev],
    channels: c,
    reduction,
    previousReduction: reduction_prev,
  } as const;
  const cell = searchCell(place, placement, space);
  run(file, comparison, place, ({ s0, s1, alpha }, pass) => {
    const weights = tf.softmax(alpha!) as tf.Tensor2D;
    const y = cell(s0 as tf.Tensor4D, s1 as tf.Tensor4D, pass, nodeWeights(weights, space));
    return { y, weights };
  });
}

/** One pass in training mode: outputs, gradients of sum(y * gy), and running statistics that start at mean 0, variance 1. */
function run(
  file: GoldenFile,
  comparison: Comparison,
  place: Place,
  forward: (inputs: Tensors, pass: Pass) => { y: tf.Tensor; weights?: tf.Tensor },
): void {
  const { gy, ...inputs } = file.group('in');
  const parameters = file.group('param');
  const statistics = Object.fromEntries(
    [...place.declaration.statistics].map(([name, shape]) => [
      name,
      tf.fill([...shape], name.endsWith('.var') ? 1 : 0),
    ]),
  );
  const targets = { ...prefixed('in', inputs), ...prefixed('param', parameters) };
  const { y, weights, observed, gradients } = valueAndGradients(() => {
    const pass = new Pass({ parameters, statistics, training: true });
    const outputs = forward(inputs, pass);
    const loss = (gy ? outputs.y.mul(gy) : outputs.y).sum() as tf.Scalar;
    return { loss, ...outputs, observed: pass.observed };
  }, targets);
  const limits = { whole: OPERATION, each: OPERATION };
  comparison.group('out', weights ? { y, weights } : { y }, limits);
  comparison.group('grad_in', unprefixed('in', gradients), limits);
  comparison.group('grad', unprefixed('param', gradients), limits);
  const running = variables(statistics);
  moveAverages(running, observed);
  comparison.group('stat', running, limits);
}

function prefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]));
}

function unprefixed(prefix: string, tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), tensor]] : [],
    ),
  );
}
