import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, kernel, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

const epsilon = 1e-3;
const shapes = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 2, max: 9 }),
  fc.integer({ min: 1, max: 37 }),
);

const inputs = (shape: [number, number, number, number], affine: boolean) => {
  const channels = shape[3];
  const x = normal<tf.Rank.R4>(shape, 1).add(2) as tf.Tensor;
  return {
    all: affine ? [x, normal<tf.Rank.R1>([channels], 2), normal<tf.Rank.R1>([channels], 3)] : [x],
    dy: normal<tf.Rank.R4>(shape, 4),
  };
};

function statistics(x: tf.Tensor): { mean: tf.Tensor; variance: tf.Tensor } {
  const mean = x.mean([0, 1, 2]);
  return { mean, variance: x.sub(mean).square().mean([0, 1, 2]) };
}

function reference(x: tf.Tensor, gamma?: tf.Tensor, beta?: tf.Tensor): tf.Tensor {
  const { mean, variance } = statistics(x);
  const y = x.sub(mean).div(variance.add(epsilon).sqrt());
  return gamma ? y.mul(gamma).add(beta!) : y;
}

describe('batch norm', () => {
  beforeAll(useNative);

  it('is its formula with the statistics of the batch', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), async (shape, affine) => {
        const expected = await stock(() => {
          const [x, gamma, beta] = inputs(shape, affine).all;
          const { mean, variance } = statistics(x!);
          return [reference(x!, gamma, beta), mean, variance];
        });
        const actual = await native(() =>
          kernel('UnnasBatchNorm', inputs(shape, affine).all, { epsilon, affine }),
        );
        expectClose(actual, expected, 3e-6);
      }),
      { numRuns: runs(40) },
    );
  });

  it('has the gradient of its formula', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), async (shape, affine) => {
        const expected = await stock(() => {
          const { all, dy } = inputs(shape, affine);
          return tf.grads(reference as (...xs: tf.Tensor[]) => tf.Tensor)(all, dy);
        });
        const actual = await native(() => {
          const { all, dy } = inputs(shape, affine);
          const [, mean, variance] = kernel('UnnasBatchNorm', all, { epsilon, affine });
          return kernel('UnnasBatchNormGrad', [...all, mean!, variance!, dy], { epsilon, affine });
        });
        // Where a channel has nearly no variance, both sides have only the digits that survive the subtraction.
        expectClose(actual, expected, 2e-4);
      }),
      { numRuns: runs(40) },
    );
  });

  it('takes matrices as well as maps', async () => {
    const expected = await stock(() => {
      const x = normal<tf.Rank.R2>([9, 5], 1);
      return [x.sub(x.mean(0)).div(x.sub(x.mean(0)).square().mean(0).add(epsilon).sqrt())];
    });
    const [y] = await native(() =>
      kernel('UnnasBatchNorm', [normal<tf.Rank.R2>([9, 5], 1)], { epsilon, affine: false }),
    );
    expectClose([y!], expected, 3e-6);
  });

  it('gives what stock tfjs gives with statistics that are known', async () => {
    const f = () => {
      const x = normal<tf.Rank.R4>([2, 5, 3, 19], 1);
      const [mean, offset, scale] = [2, 3, 4].map((seed) => normal<tf.Rank.R1>([19], seed));
      const variance = normal<tf.Rank.R1>([19], 5).square() as tf.Tensor1D;
      return [
        tf.batchNorm(x, mean!, variance, offset, scale, epsilon),
        tf.batchNorm(x, mean!, variance, undefined, scale, epsilon),
        tf.batchNorm(x, mean!, variance, offset),
      ];
    };
    expectClose(await native(f), await stock(f), 1e-6);
  });

  it('has a variance of zero for a single pixel', async () => {
    const [y, mean, variance] = await native(() =>
      kernel('UnnasBatchNorm', [tf.tensor4d([3, -2], [1, 1, 1, 2])], { epsilon, affine: false }),
    );
    expect([...y!.values]).toEqual([0, 0]);
    expect([...mean!.values]).toEqual([3, -2]);
    expect([...variance!.values]).toEqual([0, 0]);
  });
});
