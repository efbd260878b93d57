import * as tf from '@tensorflow/tfjs';
import { CANDIDATES, type CellKind, type Genotype, randomGenotype, supernetEdges } from '@unnas/genotype';
import { moveAverages, type Tensors, valueAndGradients } from '@unnas/nn';
import { Random } from '@unnas/random';
import { dartsSpace, derivedNetwork, supernet } from '@unnas/supernet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectBackend } from '../golden/select-backend.ts';

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

function expectClose(actual: tf.Tensor, expected: tf.Tensor, name: string, limit = 1e-4): void {
  expect(actual.shape, name).toEqual(expected.shape);
  const scale = Math.max(1, expected.abs().max().dataSync()[0]!);
  expect(actual.sub(expected).abs().max().dataSync()[0]! / scale, name).toBeLessThan(limit);
}

// On the backend native the two networks round differently, so that a ReLU of nearly zero may fall to either side.
describe.each([
  { backend: 'cpu', widths: [2], numRuns: 2, input: [2, 17, 14, 3], gradientLimit: 1e-4 },
  { backend: 'native', widths: [2, 6, 10], numRuns: 10, input: [4, 33, 47, 3], gradientLimit: 1e-2 },
] as const)('a supernet whose mix is one-hot, on the backend $backend', (on) => {
  const { backend, widths, numRuns, input, gradientLimit } = on;

  it('computes the same as the network of its genotype, with the same weights', async () => {
    await selectBackend(backend);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom('cifar' as const, 'imagenet' as const),
        fc.constantFrom(...widths),
        (seed, stem, channels) =>
          tf.tidy(() => {
            const random = Random.of(seed);
            const genotype = randomGenotype(() => random.uniform());
            const size = { cells: 3, channels, stem };
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
            const x = tf.randomNormal([...input], 0, 1, 'float32', seed + 1);

            const run = (training: boolean, network: typeof small, state: typeof own, mixed: object) =>
              valueAndGradients(() => {
                const { logits, observed } = network.forward(x, { ...state, ...mixed, training });
                return { loss: logits.square().sum() as tf.Scalar, logits, observed };
              }, state.parameters);
            const moved = (statistics: Tensors, { observed }: ReturnType<typeof run>) => {
              const running = Object.fromEntries(
                Object.entries(statistics).map(([key, old]) => [key, old.variable(false)]),
              ) as Record<string, tf.Variable>;
              moveAverages(running, observed);
              return running;
            };
            for (const training of [true, false]) {
              const expected = run(training, large, shared, { mix });
              const actual = run(training, small, own, {});
              expectClose(actual.logits, expected.logits, 'logits');
              for (const [tensor, gradient] of Object.entries(actual.gradients)) {
                expectClose(gradient, expected.gradients[name(tensor)]!, tensor, gradientLimit);
              }
              const statistics = moved(shared.statistics, expected);
              for (const [tensor, value] of Object.entries(moved(own.statistics, actual))) {
                expectClose(value, statistics[name(tensor)]!, tensor);
              }
              tf.disposeVariables();
            }
          }),
      ),
      { numRuns },
    );
  });
});
