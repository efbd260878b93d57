import * as tf from '@tensorflow/tfjs';
import { publishedGenotypes } from '@unnas/genotype';
import { adam, sgd, type Tensors } from '@unnas/nn';
import { classification } from '@unnas/pretext';
import { Random } from '@unnas/random';
import {
  disposeTrained,
  firstOrderAlphaStep,
  networkModel,
  secondOrderAlphaStep,
  type Trained,
  trainedOf,
  weightStep,
} from '@unnas/search';
import { dartsSpace, derivedNetwork, type Network, supernet } from '@unnas/supernet';
import { describe, expect, it } from 'vitest';
import { selectBackend } from '../golden/select-backend.ts';

const SIZE = { cells: 3, channels: 6, stem: 'cifar', classes: 4 } as const;
const LEARNING = { learningRate: 0.05, clip: Number.POSITIVE_INFINITY };
const UNROLLING = { learningRate: 0.01, weightLearningRate: 0.05, momentum: 0.9, weightDecay: 1e-3 };

const networks = {
  'a supernet': () => supernet(dartsSpace(SIZE), SIZE),
  'a derived network': () => derivedNetwork(publishedGenotypes.darts_v2, SIZE),
};

const optimizers = () => ({
  weightOptimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
  alphaOptimizer: adam(),
});

/** Variables as a search keeps them, or one for each parameter. */
function start(network: Network, packed: boolean): Trained {
  const alphas = 'initialAlphas' in network ? (network as ReturnType<typeof supernet>) : undefined;
  const initial = {
    ...network.initial(Random.of(1)),
    alphas: { ...alphas?.initialAlphas(Random.of(2)) },
  };
  return trainedOf(packed ? network : { pack: (tensors: Tensors) => tensors }, initial, optimizers());
}

/** Everything that some steps leave, by name. */
function after(network: Network, packed: boolean) {
  return tf.tidy(() => {
    const trained = start(network, packed);
    const count = Object.keys(trained.parameters).length;
    const model = networkModel(network, classification({ classes: SIZE.classes }));
    const batch = (seed: number) => ({
      x: tf.randomNormal([3, 8, 8, 3], 0, 1, 'float32', seed),
      y: tf.tensor1d([seed % 4, 1, 2], 'int32'),
    });
    const losses: number[] = [];
    if (Object.keys(trained.alphas).length > 0) {
      losses.push(firstOrderAlphaStep(model, trained, batch(1), UNROLLING).loss);
      losses.push(secondOrderAlphaStep(model, trained, batch(2), batch(3), UNROLLING).loss);
    }
    for (const seed of [4, 5]) losses.push(weightStep(model, trained, batch(seed), LEARNING).loss);
    const { logits } = network.forward(batch(6).x, {
      ...trained,
      training: false,
      ...('normal' in trained.alphas ? { mix: trained.alphas as never } : {}),
    });
    const left = {
      ...network.unpack(trained.parameters),
      ...network.unpack(trained.statistics),
      ...network.unpack(trained.weightOptimizer.state()),
      ...trained.alphas,
      logits,
    };
    const values = Object.entries(left).map(([name, tensor]) => [name, tensor.shape, [...tensor.dataSync()]]);
    disposeTrained(trained);
    return { losses, values, count };
  });
}

describe('packed tensors', () => {
  it.each(Object.entries(networks))(
    'train %s to the same bits as one tensor for each parameter',
    async (_, make) => {
      await selectBackend('native');
      const network = make();
      const packed = after(network, true);
      const named = after(network, false);
      expect(packed.losses).toEqual(named.losses);
      expect(packed.values).toEqual(named.values);
      expect(named.count).toBe(Object.keys(network.parameterShapes).length);
      expect(packed.count).toBeLessThan(named.count / 2);
    },
  );

  it('stock tfjs has no use for them', async () => {
    await selectBackend('cpu');
    const tensors = { 'cell0.node2.in0.sep_conv_3x3.dw1': tf.zeros([3, 3, 6, 1]) };
    expect(networks['a supernet']().pack(tensors)).toEqual(tensors);
  });
});
