import * as tf from '@tensorflow/tfjs';
import { CANDIDATES, edgeCount } from '@unnas/genotype';
import type { Random } from '@unnas/random';
import { candidate } from './candidates.ts';
import { nodeWeights, searchCell } from './cell.ts';
import { type Network, type NetworkOptions, stack } from './network.ts';
import type { StemKind } from './stem.ts';
import { trainingMemory } from './training-memory.ts';

/** The architectures that a search chooses from: DARTS's (Liu et al., ICLR 2019, section 3.1). */
export interface Space {
  readonly kind: 'darts';
  readonly cells: number;
  /** Channels of a node in the first cells. Even. */
  readonly channels: number;
  readonly stem: StemKind;
  /** The columns of the alphas. */
  readonly candidates: readonly string[];
  /** Inner nodes of a cell. */
  readonly nodes: number;
}

/** The space of DARTS; by default the size that it searches on CIFAR-10. @throws RangeError if a size makes no network */
export function dartsSpace(options: Partial<Omit<Space, 'kind'>> = {}): Space {
  const { cells = 8, channels = 16, stem = 'cifar', candidates = CANDIDATES, nodes = 4 } = options;
  for (const name of candidates) candidate(name);
  if (new Set(candidates).size !== candidates.length || candidates.every((name) => name === 'none')) {
    throw new RangeError(
      `expected different candidates, one of them not none, got [${candidates.join(', ')}]`,
    );
  }
  for (const [name, count] of Object.entries({ cells, nodes, 'half the channels': channels / 2 })) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`expected a whole number of at least 1 for ${name}, got ${count}`);
    }
  }
  if (stem !== 'cifar' && stem !== 'imagenet')
    throw new RangeError(`expected the stem cifar or imagenet, got ${stem}`);
  return { kind: 'darts', cells, channels, stem, candidates: [...candidates], nodes };
}

export interface Supernet extends Network {
  /** Edges x candidates, for both kinds of cell. */
  readonly alphaShapes: { readonly normal: [number, number]; readonly reduce: [number, number] };
  /** Alphas as DARTS starts them: normal with standard deviation 0.001. */
  initialAlphas(random: Random): { normal: tf.Tensor2D; reduce: tf.Tensor2D };
}

/** The weight-sharing network that holds every architecture of a space; a pass needs a `mix`. */
export function supernet(space: Space, options: NetworkOptions): Supernet {
  const network = stack(
    { ...space, ...options },
    (place, _kind, placement) => ({ cell: searchCell(place, placement, space), concat: space.nodes }),
    (mix) => {
      if (!mix) throw new TypeError('a supernet needs a mix: the softmaxed alphas of both kinds of cell');
      return { normal: nodeWeights(mix.normal, space), reduce: nodeWeights(mix.reduce, space) };
    },
  );
  const shape: [number, number] = [edgeCount(space.nodes), space.candidates.length];
  const alphas = (random: Random) =>
    tf.tensor2d(
      Float32Array.from({ length: shape[0] * shape[1] }, () => 1e-3 * random.normal()),
      shape,
    );
  return {
    ...network,
    alphaShapes: { normal: shape, reduce: shape },
    initialAlphas: (random) => ({
      normal: alphas(random.split('normal')),
      reduce: alphas(random.split('reduce')),
    }),
    trainingMemory: (...sizes) => trainingMemory({ ...space, ...options }, ...sizes),
  };
}
