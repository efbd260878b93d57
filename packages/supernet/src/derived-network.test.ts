import * as tf from '@tensorflow/tfjs';
import {
  CANDIDATES,
  type CellKind,
  cost,
  type Genotype,
  publishedGenotypes,
  randomGenotype,
  supernetEdges,
} from '@unnas/genotype';
import { moveAverages, type Tensors, valueAndGradients } from '@unnas/nn';
import { Random } from '@unnas/random';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { derivedNetwork } from './derived-network.ts';
import { dartsSpace, supernet } from './supernet.ts';

beforeAll(() => tf.setBackend('cpu'));

const count = (shapes: Readonly<Record<string, readonly number[]>>) =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((product, side) => product * side, 1), 0);

/** The mix that is 1 at the edges of a genotype and 0 elsewhere. */
function oneHot(genotype: Genotype, kind: CellKind): tf.Tensor2D {
  const edges = supernetEdges(4);
  const mix = tf.buffer<tf.Rank.R2>([edges.length, CANDIDATES.length]);
  genotype[kind].forEach(([op, input], position) => {
    const node = 2 + Math.floor(position / 2);
    const row = edges.findIndex((edge) => edge.node === node && edge.input === input);
    mix.set(1, row, (CANDIDATES as readonly string[]).indexOf(op));
  });
  return mix.toTensor();
}

/** Names of a derived network's tensors under those of the supernet: cell3.op5.X is on edge 5 of the genotype. */
function supernetName(name: string, genotype: Genotype, reductions: readonly number[]): string {
  return name.replace(/^cell(\d+)\.op(\d+)/, (_, cell, position) => {
    const kind = reductions.includes(Number(cell)) ? 'reduce' : 'normal';
    return `cell${cell}.node${2 + Math.floor(position / 2)}.in${genotype[kind][Number(position)]![1]}`;
  });
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor, name: string): void {
  expect(actual.shape, name).toEqual(expected.shape);
  const scale = Math.max(1, expected.abs().max().dataSync()[0]!);
  expect(actual.sub(expected).abs().max().dataSync()[0]! / scale, name).toBeLessThan(1e-4);
}

describe('derivedNetwork', () => {
  it('computes the same as a supernet whose mix is one-hot, with the same weights', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom('cifar' as const, 'imagenet' as const),
        (seed, stem) =>
          tf.tidy(() => {
            const random = Random.of(seed);
            const genotype = randomGenotype(() => random.uniform());
            const size = { cells: 3, channels: 2, stem };
            const large = supernet(dartsSpace(size), { classes: 3 });
            const small = derivedNetwork(genotype, {
              ...size,
              classes: 3,
              style: { affine: false, poolNorm: true },
            });
            const name = (tensor: string) => supernetName(tensor, genotype, [1, 2]);
            const shared = large.initial(random.split('weights'));
            const pick = (tensors: Tensors, shapes: object): Tensors =>
              Object.fromEntries(Object.keys(shapes).map((tensor) => [tensor, tensors[name(tensor)]!]));
            const own = {
              parameters: pick(shared.parameters, small.parameterShapes),
              statistics: pick(shared.statistics, small.statisticShapes),
            };
            const mix = { normal: oneHot(genotype, 'normal'), reduce: oneHot(genotype, 'reduce') };
            const x = tf.randomNormal([2, 17, 14, 3], 0, 1, 'float32', seed + 1);

            const run = (training: boolean, network: typeof small, state: typeof own, mixed: object) =>
              valueAndGradients(() => {
                const { logits, observed } = network.forward(x, { ...state, ...mixed, training });
                return { loss: logits.square().sum() as tf.Scalar, logits, observed };
              }, state.parameters);
            const moved = (statistics: Tensors, { observed }: ReturnType<typeof run>) => {
              const variables = Object.entries(statistics).map(([key, old]) => [key, old.variable(false)]);
              const running: Record<string, tf.Variable> = Object.fromEntries(variables);
              moveAverages(running, observed);
              return running;
            };
            for (const training of [true, false]) {
              const expected = run(training, large, shared, { mix });
              const actual = run(training, small, own, {});
              expectClose(actual.logits, expected.logits, 'logits');
              for (const [tensor, gradient] of Object.entries(actual.gradients)) {
                expectClose(gradient, expected.gradients[name(tensor)]!, tensor);
              }
              const statistics = moved(shared.statistics, expected);
              for (const [tensor, value] of Object.entries(moved(own.statistics, actual))) {
                expectClose(value, statistics[name(tensor)]!, tensor);
              }
              tf.disposeVariables();
            }
          }),
      ),
      { numRuns: 2 },
    );
  });

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
