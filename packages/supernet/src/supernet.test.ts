import * as tf from '@tensorflow/tfjs';
import { supernetCost } from '@unnas/genotype';
import { valueAndGradients } from '@unnas/nn';
import { Random } from '@unnas/random';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Head } from './head.ts';
import { dartsSpace, supernet } from './supernet.ts';

beforeAll(() => tf.setBackend('cpu'));

const count = (shapes: Readonly<Record<string, readonly number[]>>) =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);

describe('supernet', () => {
  it('of DARTS on CIFAR-10 has 1,930,618 parameters and 2 x 14 x 8 alphas', () => {
    const network = supernet(dartsSpace(), { classes: 10 });
    expect(count(network.parameterShapes)).toBe(1_930_618);
    expect(network.alphaShapes).toEqual({ normal: [14, 8], reduce: [14, 8] });
    expect(network.parameterShapes['cell0.node2.in1.sep_conv_5x5.dw2']).toEqual([5, 5, 16, 1]);
    expect(network.statisticShapes['cell7.node5.in4.max_pool_3x3.bn.var']).toEqual([64]);
  });

  it('has as many parameters as its cost says, for any size, head and candidates', () => {
    const heads: Head[] = [
      { kind: 'linear' },
      { kind: 'jigsaw', grid: 2 },
      { kind: 'pixels' },
      { kind: 'segmentation', channels: 6, rates: [2, 4] },
    ];
    const sizes = fc.record({
      cells: fc.integer({ min: 1, max: 6 }),
      channels: fc.integer({ min: 1, max: 4 }).map((half) => 2 * half),
      stem: fc.constantFrom('cifar' as const, 'imagenet' as const),
      candidates: fc.constantFrom(
        ['sep_conv_3x3'],
        ['skip_connect', 'none', 'dil_conv_5x5'],
        ['avg_pool_3x3', 'max_pool_3x3', 'sep_conv_7x7'],
      ),
      nodes: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom(...heads), fc.constantFrom(1, 3), (size, head, inputChannels) => {
        const network = supernet(dartsSpace(size), { classes: 5, inputChannels, head });
        const cost = supernetCost({ ...size, head, inputChannels, classes: 5, size: 32 });
        expect(count(network.parameterShapes)).toBe(cost.parameters);
      }),
    );
  });

  it('starts as PyTorch does, each parameter from the stream of its name', () => {
    const options = { classes: 5 };
    const network = supernet(dartsSpace({ cells: 3, channels: 4 }), options);
    const { parameters, statistics } = network.initial(Random.of(1));
    const again = supernet(dartsSpace({ cells: 4, channels: 4 }), options).initial(Random.of(1));
    const largest = (name: string) => parameters[name]!.abs().max().dataSync()[0]!;
    const bounds = {
      'stem.conv': 1 / Math.sqrt(27),
      'cell0.node2.in0.sep_conv_3x3.dw1': 1 / 3,
      'cell0.node2.in0.sep_conv_3x3.pw1': 1 / 2,
      'head.w': 1 / Math.sqrt(64),
      'head.b': 1 / Math.sqrt(64),
    };
    for (const [name, bound] of Object.entries(bounds)) {
      expect(largest(name)).toBeLessThanOrEqual(bound);
      expect(largest(name)).toBeGreaterThan(0.5 * bound);
    }
    expect([...parameters['stem.bn.gamma']!.dataSync()]).toEqual(Array(12).fill(1));
    expect([...parameters['stem.bn.beta']!.dataSync()]).toEqual(Array(12).fill(0));
    expect([...statistics['stem.bn.mean']!.dataSync()]).toEqual(Array(12).fill(0));
    expect([...statistics['stem.bn.var']!.dataSync()]).toEqual(Array(12).fill(1));
    const same = 'cell0.node5.in4.dil_conv_5x5.pw';
    expect(again.parameters[same]!.dataSync()).toEqual(parameters[same]!.dataSync());
    expect(parameters['cell0.pre0.conv']!.dataSync()).not.toEqual(parameters['cell0.pre1.conv']!.dataSync());
    const alphas = network.initialAlphas(Random.of(1));
    expect(alphas.normal.shape).toEqual([14, 8]);
    expect(alphas.normal.abs().max().dataSync()[0]).toBeLessThan(0.005);
    expect(alphas.normal.dataSync()).not.toEqual(alphas.reduce.dataSync());
  });

  it('gives the alphas a gradient, and leaves no tensors behind', () => {
    const space = dartsSpace({
      cells: 3,
      channels: 2,
      candidates: ['skip_connect', 'none', 'dil_conv_3x3'],
      nodes: 2,
    });
    const network = supernet(space, { classes: 3 });
    const { parameters, statistics } = network.initial(Random.of(2));
    const alphas = network.initialAlphas(Random.of(2));
    const x = tf.randomNormal([2, 6, 5, 3], 0, 1, 'float32', 3);
    const before = tf.memory().numTensors;
    const { gradients } = tf.tidy(() =>
      valueAndGradients(() => {
        const mix = { normal: tf.softmax(alphas.normal), reduce: tf.softmax(alphas.reduce) };
        const { logits } = network.forward(x, { parameters, statistics, training: true, frozen: true, mix });
        return logits.square().sum() as tf.Scalar;
      }, alphas),
    );
    expect(tf.memory().numTensors - before).toBe(3);
    for (const kind of ['normal', 'reduce'] as const) {
      const rows = gradients[kind]!.arraySync() as number[][];
      expect(rows.flat().every((value) => value !== 0)).toBe(true);
      // A softmax does not change when all its alphas grow by the same.
      for (const row of rows) expect(Math.abs(row.reduce((a, b) => a + b))).toBeLessThan(1e-4);
    }
  });

  it('refuses what makes no network, and passes that lack something', () => {
    expect(() => dartsSpace({ channels: 5 })).toThrow('half the channels, got 2.5');
    expect(() => dartsSpace({ cells: 0 })).toThrow('cells, got 0');
    expect(() => dartsSpace({ candidates: ['none'] })).toThrow('one of them not none');
    expect(() => dartsSpace({ candidates: ['sep_conv_9x9'] })).toThrow('got sep_conv_9x9');
    expect(() => dartsSpace({ stem: 'mnist' as never })).toThrow('got mnist');
    const network = supernet(dartsSpace({ cells: 1, channels: 2, nodes: 1 }), { classes: 2 });
    const { parameters, statistics } = network.initial(Random.of(1));
    const alphas = network.initialAlphas(Random.of(1));
    const x = tf.zeros([1, 4, 4, 3]);
    const pass = { parameters, statistics, training: true };
    expect(() => network.forward(x, pass)).toThrow('a supernet needs a mix');
    expect(() => network.forward(tf.zeros([1, 4, 4, 1]), { ...pass, mix: alphas })).toThrow(
      'N,H,W,3, got 1,4,4,1',
    );
    const { 'stem.conv': _, ...rest } = parameters;
    expect(() => network.forward(x, { ...pass, parameters: rest, mix: alphas })).toThrow(
      'parameters lack stem.conv',
    );
  });
});
