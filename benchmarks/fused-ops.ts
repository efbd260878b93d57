import * as tf from '@tensorflow/tfjs';
import { clock, median } from './timing.ts';

/** One kernel at one size, with the work that no implementation can avoid. */
export interface KernelRate {
  readonly name: string;
  readonly size: string;
  readonly milliseconds: number;
  /** Every input read once and every output written once. */
  readonly gigabytesPerSecond: number;
  /** Two operations a multiply-add; only for kernels that are bound by arithmetic. */
  readonly gigaflopsPerSecond?: number;
}

interface Work {
  readonly name: string;
  /** Values read or written. */
  readonly values: number;
  readonly multiplyAdds?: number;
  readonly run: () => unknown;
}

/** Sizes of the maps in the three thirds of the supernet on CIFAR-10: height and width, channels. */
const MAPS = [
  [32, 16],
  [16, 32],
  [8, 64],
] as const;
const EPSILON = 1e-5;
/** Maps that meet in the second of four nodes: seven candidates that are not `none` on each of three edges. */
const MIXED_MAPS = 21;

/** Time, bandwidth and arithmetic rate of every fused kernel at CIFAR sizes, forward and backward, on the backend of the moment. */
export function kernelRates({ batch, turns }: { batch: number; turns: number }): KernelRate[] {
  const rates: KernelRate[] = [];
  for (const [side, channels] of MAPS) {
    const size = `${batch}x${side}x${side}x${channels}`;
    tf.tidy(() => {
      for (const work of kernels(batch, side, channels)) rates.push(rate(work, size, turns));
    });
  }
  return rates;
}

function rate({ name, values, multiplyAdds, run }: Work, size: string, turns: number): KernelRate {
  const once = () => clock(() => tf.tidy(() => void run()));
  once();
  const milliseconds = median(Array.from({ length: turns }, once));
  return {
    name,
    size,
    milliseconds,
    gigabytesPerSecond: (4 * values) / milliseconds / 1e6,
    ...(multiplyAdds === undefined ? {} : { gigaflopsPerSecond: (2 * multiplyAdds) / milliseconds / 1e6 }),
  };
}

/** Calls a kernel whose inputs are a list, as `@unnas/nn` does. */
function call(kernel: string, inputs: readonly tf.Tensor[], attrs: object): tf.Tensor[] {
  const outputs = tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(kernel, inputs as never, attrs as never);
  return Array.isArray(outputs) ? outputs : [outputs];
}

function* kernels(batch: number, side: number, channels: number): Generator<Work> {
  const shape: [number, number, number, number] = [batch, side, side, channels];
  const random = (sizes: number[]) => tf.randomNormal(sizes, 0, 1, 'float32', 1);
  const x = random(shape) as tf.Tensor4D;
  const dy = random(shape);
  const values = x.size;

  for (const [name, k, dilation] of [
    ['separable 3x3', 3, 1],
    ['separable 5x5', 5, 1],
    ['separable 3x3 dilated', 3, 2],
    ['separable 5x5 dilated', 5, 2],
  ] as const) {
    const inputs = [x, random([k, k, channels, 1]), random([1, 1, channels, channels])];
    const attrs = { stride: 1, dilation, weights: true };
    const multiplyAdds = values * (k * k + channels);
    yield { name, values: 2 * values, multiplyAdds, run: () => call('UnnasSeparableConv', inputs, attrs) };
    yield {
      name: `${name}, backward`,
      values: 3 * values,
      multiplyAdds: 2 * multiplyAdds,
      run: () => call('UnnasSeparableConvGrad', [...inputs, dy], attrs),
    };
    yield {
      name: `${name}, backward, frozen`,
      values: 3 * values,
      multiplyAdds,
      run: () => call('UnnasSeparableConvGrad', [...inputs, dy], { ...attrs, weights: false }),
    };
  }

  const norm = { epsilon: EPSILON, affine: false };
  const [, mean, variance] = call('UnnasBatchNorm', [x], norm);
  yield { name: 'batch norm', values: 2 * values, run: () => call('UnnasBatchNorm', [x], norm) };
  yield {
    name: 'batch norm, backward',
    values: 3 * values,
    run: () => call('UnnasBatchNormGrad', [x, mean!, variance!, dy], norm),
  };

  const weights = tf.softmax(random([MIXED_MAPS]));
  const maps = Array.from({ length: MIXED_MAPS }, () => x.add(0)); // each in memory of its own
  const mix = { normalise: maps.map((_, i) => i % 7 !== 2), epsilon: EPSILON }; // a skip connection has no norm
  const [, means, variances] = call('UnnasMixedSum', [weights, ...maps], mix);
  yield {
    name: `mixed sum of ${MIXED_MAPS}`,
    values: (MIXED_MAPS + 1) * values,
    run: () => call('UnnasMixedSum', [weights, ...maps], mix),
  };
  yield {
    name: `mixed sum of ${MIXED_MAPS}, backward`,
    values: (2 * MIXED_MAPS + 1) * values,
    run: () => call('UnnasMixedSumGrad', [weights, ...maps, means!, variances!, dy], mix),
  };

  yield {
    name: 'average pool',
    values: 2 * values,
    run: () => call('UnnasAveragePool3x3', [x], { stride: 1 }),
  };
  yield {
    name: 'average pool, backward',
    values: 2 * values,
    run: () => call('UnnasAveragePool3x3Grad', [x, dy], { stride: 1 }),
  };
  const pool = { filterSize: [3, 3], strides: [1, 1], pad: 1 };
  const pooled = tf.maxPool(x, 3, 1, 1);
  yield { name: 'max pool', values: 2 * values, run: () => tf.maxPool(x, 3, 1, 1) };
  yield {
    name: 'max pool, backward',
    values: 3 * values,
    run: () => tf.engine().runKernel('MaxPoolGrad', { dy, input: x, output: pooled } as never, pool as never),
  };

  yield { name: 'relu', values: 2 * values, run: () => tf.relu(x) };
  const wide = 4 * channels; // a cell's output, projected to the channels of the next cell
  const rows = batch * side * side;
  const matrix = random([rows, wide]) as tf.Tensor2D;
  const projection = random([wide, channels]) as tf.Tensor2D;
  yield {
    name: `1x1 convolution ${wide} to ${channels}`,
    values: rows * (wide + channels),
    multiplyAdds: rows * wide * channels,
    run: () => tf.matMul(matrix, projection),
  };
}
