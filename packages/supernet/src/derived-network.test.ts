import * as tf from '@tensorflow/tfjs';
import { cost, publishedGenotypes, randomGenotype } from '@unnas/genotype';
import { valueAndGradients } from '@unnas/nn';
import { Random } from '@unnas/random';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { derivedNetwork } from './derived-network.ts';

beforeAll(() => tf.setBackend('cpu'));

const count = (shapes: Readonly<Record<string, readonly number[]>>) =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);

describe('derivedNetwork', () => {
  it('has the parameters that were published for DARTS_V2', () => {
    const genotype = publishedGenotypes.darts_v2;
    const cifar = derivedNetwork(genotype, { cells: 20, channels: 36, stem: 'cifar', classes: 10 });
    expect(count(cifar.parameterShapes)).toBe(3_349_342);
    const imagenet = derivedNetwork(genotype, { cells: 14, channels: 48, stem: 'imagenet', classes: 1000 });
    expect(count(imagenet.parameterShapes)).toBe(4_718_752);
  });

  it('has as many parameters as the cost of its genotype says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 7 }), (seed, cells) => {
        const random = Random.of(seed);
        const genotype = randomGenotype(() => random.uniform());
        const size = { cells, channels: 6, stem: 'cifar', classes: 7 } as const;
        expect(count(derivedNetwork(genotype, size).parameterShapes)).toBe(
          cost(genotype, { ...size, size: 32 }).parameters,
        );
      }),
    );
  });

  it('sums to zeros where both edges are none, and reads one state twice', () => {
    const edges = [
      ['none', 0],
      ['none', 1],
      ['sep_conv_3x3', 2],
      ['skip_connect', 1],
      ['skip_connect', 3],
      ['skip_connect', 3],
      ['max_pool_3x3', 4],
      ['none', 0],
    ] as const;
    const genotype = { normal: edges, normal_concat: [2, 3], reduce: edges, reduce_concat: [2, 3, 4, 5] };
    const network = derivedNetwork(genotype, { cells: 2, channels: 2, stem: 'cifar', classes: 3 });
    const state = network.initial(Random.of(1));
    const { logits, gradients } = valueAndGradients(() => {
      const { logits } = network.forward(tf.randomNormal([2, 5, 5, 3], 0, 1, 'float32', 1), {
        ...state,
        training: true,
      });
      return { loss: logits.square().sum() as tf.Scalar, logits };
    }, state.parameters);
    expect(logits.shape).toEqual([2, 3]);
    const weights = gradients['head.w']!.abs().sum(1).arraySync() as number[];
    // The last cell has 8 channels a node: node 2 gives nothing, the others do.
    expect(weights.map((value) => value > 0)).toEqual([...Array(8).fill(false), ...Array(24).fill(true)]);
  });
});
