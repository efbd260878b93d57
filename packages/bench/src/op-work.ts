import * as tf from '@tensorflow/tfjs';
import {
  averagePool3x3,
  batchNorm,
  convolution,
  crossEntropy,
  hasSearchCellKernel,
  maxPool3x3,
  mixedSum,
  pack,
  projection,
  searchCell,
  searchCellFilters,
  separableConv,
} from '@unnas/nn';
import { Random } from '@unnas/random';

/** What an op does at one size, and the least that any implementation of it must do. */
export interface OpWork {
  readonly name: string;
  /** What it is given, such as `64x32x32x16`. */
  readonly size: string;
  /** The result that carries the gradient; made on the backend of the moment. */
  readonly forward: () => tf.Tensor;
  /** What the gradient is asked of; none where the op has no gradient. */
  readonly targets: readonly tf.Tensor[];
  /** Numbers that must be read or written: each input and each output once. */
  readonly values: { readonly forward: number; readonly backward: number };
  /** Two operations each, in the forward pass; the gradients take twice as many. Only where convolutions are. */
  readonly multiplyAdds?: number;
}

/** The maps of the supernets: height and width, and channels, in the three thirds of the stack. */
export const MAPS = {
  CIFAR: [
    [32, 16],
    [16, 32],
    [8, 64],
  ],
  ImageNet: [
    [28, 16],
    [14, 32],
    [7, 64],
  ],
} as const;
/** 3x3 convolutions that a network begins with: height and width of the picture or map, channels in and out, stride. */
export const STEMS = {
  CIFAR: [[32, 3, 48, 1]],
  ImageNet: [
    [224, 3, 8, 2],
    [112, 8, 16, 2],
    [56, 16, 16, 2],
  ],
} as const;
export type Supernet = keyof typeof MAPS;

const SEPARABLE = [
  ['separable 3x3', 3, 1],
  ['separable 5x5', 5, 1],
  ['dilated 3x3', 3, 2],
  ['dilated 5x5', 5, 2],
] as const;
/** Maps that meet in the second of four nodes: seven candidates that are not `none` on each of three edges. */
const MIXED = 21;
const EDGES = 14;
/** Edges of a reduction cell that have stride 2. */
const STRIDED = 8;
/** Columns of the mix of a search cell: all but `none`. */
const CANDIDATES = 7;
/** Filter sizes of the six stages of an edge: two each of sep_conv 3x3 and 5x5, one each of dil_conv 3x3 and 5x5. */
const STAGES = [3, 3, 5, 5, 3, 5] as const;

/** Normal numbers, the same for the same path. */
function normal(shape: number[], ...path: (string | number)[]): tf.Tensor {
  const random = Random.of(0, 'bench', ...path);
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** Every fused op on maps of one size, its tensors made when it is asked for. To be called inside `tf.tidy`. */
export function* mapWork(batch: number, side: number, channels: number): Generator<OpWork> {
  const shape: [number, number, number, number] = [batch, side, side, channels];
  const size = shape.join('x');
  const x = normal(shape, 'x') as tf.Tensor4D;
  const n = x.size;
  const filter = (k: number, i = 0) => normal([k, k, channels, 1], 'depthwise', k, i);
  const pointwise = (from = channels, to = channels, i = 0) =>
    normal([1, 1, from, to], 'pointwise', from, to, i);

  for (const [name, k, dilation] of SEPARABLE) {
    const targets = [x, filter(k), pointwise()];
    const forward = () => separableConv(x, targets[1]!, targets[2]!, { dilation });
    const multiplyAdds = n * (k * k + channels);
    yield { name, size, forward, targets, values: { forward: 2 * n, backward: 3 * n }, multiplyAdds };
  }

  const once = { forward: 2 * n, backward: 3 * n };
  const gamma = normal([channels], 'gamma');
  const beta = normal([channels], 'beta');
  yield { name: 'batch norm', size, targets: [x], values: once, forward: () => batchNorm(x).y };
  yield {
    ...{ name: 'batch norm, affine', size, targets: [x, gamma, beta], values: once },
    forward: () => batchNorm(x, { gamma, beta }).y,
  };
  const maps = Array.from({ length: MIXED }, () => x.add(0) as tf.Tensor4D); // each in memory of its own
  const weights = tf.softmax(normal([MIXED], 'mix'));
  const normalise = maps.map((_, i) => i % 7 !== 2); // a skip connection has no norm
  yield {
    ...{ name: `mixed sum of ${MIXED}`, size, targets: [weights, ...maps] },
    forward: () => mixedSum(weights, maps, { normalise }).y,
    values: { forward: (MIXED + 1) * n, backward: (2 * MIXED + 1) * n },
  };
  yield { name: 'max pool', size, targets: [x], values: once, forward: () => maxPool3x3(x, 1) };
  const less = { forward: 2 * n, backward: 2 * n };
  yield { name: 'average pool', size, targets: [x], values: less, forward: () => averagePool3x3(x, 1) };
  yield { name: 'relu', size, targets: [x], values: once, forward: () => tf.relu(x) };
  const wide = normal([batch, side, side, 4 * channels], 'wide') as tf.Tensor4D;
  const filterOf = pointwise(4 * channels);
  const product = {
    size: `${wide.shape.join('x')} to ${channels}`,
    targets: [wide, filterOf],
    values: { forward: 5 * n, backward: 9 * n },
    multiplyAdds: 4 * n * channels,
  };
  yield { ...product, name: '1x1 convolution', forward: () => convolution(wide, filterOf) };
  yield { ...product, name: 'projection', forward: () => projection(wide, [filterOf]).y };
}

/**
 * The search cell whose nodes have so many channels; a reduction halves the size and has stride 2 on the eight edges from its
 * inputs. Nothing on a backend that composes cells of smaller ops. To be called inside `tf.tidy`.
 */
export function* cellWork(
  batch: number,
  side: number,
  channels: number,
  reduction: boolean,
): Generator<OpWork> {
  if (!hasSearchCellKernel()) return;
  const shape = [batch, side, side, channels];
  const [s0, s1] = [normal(shape, 's0'), normal(shape, 's1')] as [tf.Tensor4D, tf.Tensor4D];
  const mix = tf.softmax(normal([EDGES, CANDIDATES], 'mix')) as tf.Tensor2D;
  const filters = pack(
    searchCellFilters(channels, reduction).map((shape, i) => normal([...shape], 'filter', i)),
  );
  const pixels = batch * (reduction ? Math.ceil(side / 2) : side) ** 2;
  const stages = STAGES.reduce((sum, k) => sum + k * k + channels, 0);
  const y = 4 * pixels * channels;
  yield {
    ...{ name: reduction ? 'search cell, reduction' : 'search cell', size: shape.join('x') },
    targets: [s0, s1, mix, filters],
    forward: () => searchCell([s0, s1], mix, filters, { reduction }).y,
    values: { forward: 2 * s0.size + y, backward: 4 * s0.size + y },
    multiplyAdds: pixels * channels * (EDGES * stages + (reduction ? STRIDED * channels : 0)),
  };
}

/** What a network begins with. To be called inside `tf.tidy`. */
export function* stemWork(batch: number, network: Supernet): Generator<OpWork> {
  for (const [side, from, to, stride] of STEMS[network]) {
    const x = normal([batch, side, side, from], 'picture') as tf.Tensor4D;
    const filter = normal([3, 3, from, to], 'stem');
    const out = (batch * side * side * to) / stride ** 2;
    yield {
      ...{
        name: '3x3 convolution',
        size: `${x.shape.join('x')} to ${to}${stride === 1 ? '' : ', stride 2'}`,
      },
      // Nobody asks for the gradient of a picture.
      targets: from === 3 ? [filter] : [x, filter],
      forward: () => convolution(x, filter, { stride }),
      values: { forward: x.size + out, backward: (from === 3 ? 1 : 2) * x.size + out },
      multiplyAdds: 9 * from * out,
    };
  }
}

/** The loss. To be called inside `tf.tidy`. */
export function* lossWork(batch: number, classes: number): Generator<OpWork> {
  const logits = normal([batch, classes], 'logits');
  const labels = tf.tensor1d(
    Int32Array.from({ length: batch }, (_, i) => i % classes),
    'int32',
  );
  yield {
    ...{ name: 'cross-entropy', size: `${batch}x${classes}`, targets: [logits] },
    forward: () => crossEntropy(logits, labels),
    values: { forward: logits.size + batch, backward: 2 * logits.size + batch },
  };
}
