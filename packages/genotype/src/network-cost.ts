import { CANDIDATES, type Edge, edgesByNode, type Genotype, supernetEdges } from './genotype.ts';
import {
  area,
  type Cost,
  convolution,
  factorizedReduce,
  operationCost,
  preprocess,
  type Size,
  strided,
  total,
} from './operation-cost.ts';

/**
 * The last layers: `linear` for classes of a picture, `jigsaw` for grid x grid tiles, the others for classes
 * of a pixel.
 */
export type HeadCost =
  | { readonly kind: 'linear' }
  | { readonly kind: 'jigsaw'; readonly grid: number }
  | { readonly kind: 'pixels' }
  | { readonly kind: 'segmentation'; readonly channels: number; readonly rates: readonly number[] };

/** The sizes of a network that cells are stacked to. */
export interface NetworkSize {
  readonly cells: number;
  /** Channels of a node in the first cells; twice as many after each reduction. Even. */
  readonly channels: number;
  readonly stem: 'cifar' | 'imagenet';
  readonly classes: number;
  /** 3 by default. */
  readonly inputChannels?: number;
  /** Side of the square picture (of one tile for jigsaw), or its height and width. */
  readonly size: number | Size;
  /** `linear` by default. */
  readonly head?: HeadCost;
}

/**
 * The parameters and multiply-adds (convolutions and linear layers, one picture) of the network of a
 * genotype. Batch norms have scale and offset; their own arithmetic is not counted.
 */
export function cost(genotype: Genotype, network: NetworkSize): Cost {
  return networkCost(network, true, (kind) => {
    const concat = genotype[`${kind}_concat`].length;
    const edges = edgesByNode(genotype[kind]).flatMap((pair) =>
      pair.map(([op, input]: Edge) => ({ ops: [op], input })),
    );
    return { edges, concat };
  });
}

/** The same for a supernet, all candidates of all edges counted, alphas not. */
export function supernetCost(
  network: NetworkSize & { readonly candidates?: readonly string[]; readonly nodes?: number },
): Cost {
  const { candidates = CANDIDATES, nodes = 4 } = network;
  const edges = supernetEdges(nodes).map(({ input }) => ({ ops: candidates, input }));
  return networkCost(network, false, () => ({ edges, concat: nodes }));
}

/** Parameters of the auxiliary head that training on ImageNet or CIFAR adds after the second reduction. */
export function auxiliaryParameters(genotype: Genotype, network: NetworkSize): number {
  const { cells, channels, stem, classes } = network;
  const at = Math.floor((2 * cells) / 3);
  const reductions = reductionCells(network).filter((cell) => cell <= at).length;
  const concat = genotype[`${reductionCells(network).includes(at) ? 'reduce' : 'normal'}_concat`].length;
  const from = concat * channels * 2 ** reductions;
  const secondNorm = stem === 'cifar' ? 2 * 768 : 0;
  return from * 128 + 2 * 128 + 2 * 2 * 128 * 768 + secondNorm + linear(768, classes).parameters;
}

/**
 * The positions of the reduction cells: a third and two thirds of the way; only the first for segmentation.
 */
export function reductionCells({ cells, head }: Pick<NetworkSize, 'cells' | 'head'>): number[] {
  const thirds = [Math.floor(cells / 3), Math.floor((2 * cells) / 3)];
  return [...new Set(head?.kind === 'segmentation' ? thirds.slice(0, 1) : thirds)];
}

interface CellPlan {
  readonly edges: readonly { readonly ops: readonly string[]; readonly input: number }[];
  /** How many nodes make the output. */
  readonly concat: number;
}

function networkCost(
  network: NetworkSize,
  affine: boolean,
  plan: (kind: 'normal' | 'reduce') => CellPlan,
): Cost {
  const { cells, classes, head = { kind: 'linear' } } = network;
  checkSize(network);
  const costs: Cost[] = [];
  const { cost: stem, states } = stemCost(network);
  costs.push(stem);
  let [before, last] = states;
  let previousReduced = network.stem === 'imagenet';
  let channels = network.channels;
  const reductions = reductionCells(network);
  for (let cell = 0; cell < cells; cell++) {
    const reduced = reductions.includes(cell);
    if (reduced) channels *= 2;
    const { edges, concat } = plan(reduced ? 'reduce' : 'normal');
    costs.push(
      previousReduced
        ? factorizedReduce(before.channels, channels, before.size, affine)
        : preprocess(before.channels, channels, before.size, affine),
      preprocess(last.channels, channels, last.size, affine),
    );
    const outSize = strided(last.size, reduced ? 2 : 1);
    for (const { ops, input } of edges) {
      const fromOutside = input < 2;
      const stride = reduced && fromOutside ? 2 : 1;
      const size = fromOutside ? last.size : outSize;
      for (const op of ops) costs.push(operationCost(op, { channels, size, stride, affine }));
    }
    [before, last] = [last, { channels: concat * channels, size: outSize }];
    previousReduced = reduced;
  }
  const body = total(costs);
  // All tiles of a jigsaw go through the one body.
  const views = head.kind === 'jigsaw' ? head.grid ** 2 : 1;
  return total([{ ...body, multiplyAdds: views * body.multiplyAdds }, headCost(head, last, classes)]);
}

interface State {
  readonly channels: number;
  readonly size: Size;
}

/**
 * Stem batch norms always have scale and offset. `states` are what cell 0 takes for the outputs of cells -2
 * and -1.
 */
function stemCost({ stem, channels, inputChannels = 3, size }: NetworkSize): {
  cost: Cost;
  states: [State, State];
} {
  const picture: Size = typeof size === 'number' ? [size, size] : size;
  if (stem === 'cifar') {
    const state = { channels: 3 * channels, size: picture };
    return { cost: convolution(3, inputChannels, state.channels, picture, true), states: [state, state] };
  }
  const half = strided(picture, 2);
  const quarter = strided(half, 2);
  const eighth = strided(quarter, 2);
  return {
    cost: total([
      convolution(3, inputChannels, channels / 2, half, true),
      convolution(3, channels / 2, channels, quarter, true),
      convolution(3, channels, channels, eighth, true),
    ]),
    states: [
      { channels, size: quarter },
      { channels, size: eighth },
    ],
  };
}

function headCost(head: HeadCost, { channels, size }: State, classes: number): Cost {
  switch (head.kind) {
    case 'linear':
      return linear(channels, classes);
    case 'jigsaw':
      return linear(head.grid ** 2 * channels, classes);
    case 'pixels':
      return pointwise(channels, classes, size);
    case 'segmentation': {
      const width = head.channels;
      return total([
        convolution(1, channels, width, size, true),
        ...head.rates.map(() => convolution(3, channels, width, size, true)),
        convolution(1, channels, width, [1, 1], true),
        convolution(1, (head.rates.length + 2) * width, width, size, true),
        pointwise(width, classes, size),
      ]);
    }
  }
}

function linear(from: number, to: number): Cost {
  return pointwise(from, to, [1, 1]);
}

/** A linear layer with bias at each pixel. */
function pointwise(from: number, to: number, size: Size): Cost {
  return { parameters: (from + 1) * to, multiplyAdds: from * to * area(size) };
}

function checkSize({ cells, channels, classes, inputChannels = 3, size }: NetworkSize): void {
  const sides = typeof size === 'number' ? { size } : { height: size[0], width: size[1] };
  for (const [name, count] of Object.entries({ cells, channels, classes, inputChannels, ...sides })) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`expected a whole number of at least 1 for ${name}, got ${count}`);
    }
  }
  if (channels % 2 !== 0) throw new RangeError(`expected an even number of channels, got ${channels}`);
}
