import * as tf from '@tensorflow/tfjs';
import { reductionCells } from '@unnas/genotype';
import type { Activations, Observed, Tensors } from '@unnas/nn';
import type { Random } from '@unnas/random';
import type { Cell, CellPlacement } from './cell.ts';
import { type Declaration, Place } from './declaration.ts';
import { type Head, headLayer } from './head.ts';
import { type Packing, packing } from './packing.ts';
import { Pass, type PassOptions } from './pass.ts';
import { type StemKind, stem } from './stem.ts';

/** What a network is fitted to: the task. */
export interface NetworkOptions {
  readonly classes: number;
  /** 3 by default. */
  readonly inputChannels?: number;
  /** `linear` by default. */
  readonly head?: Head;
}

/** The sizes of the stack of cells. */
export interface StackOptions extends NetworkOptions {
  /** Number of cells; those at a third and two thirds halve the size and double the channels. */
  readonly cells: number;
  /** Channels of a node in the first cells. Even. */
  readonly channels: number;
  readonly stem: StemKind;
}

/** The weight of every candidate (columns) on every edge (rows) of both kinds of cell: softmaxed alphas. */
export interface Mix {
  readonly normal: tf.Tensor2D;
  readonly reduce: tf.Tensor2D;
}

export interface ForwardOptions extends PassOptions {
  /** For a supernet, which cannot do without; a derived network has no use for it. */
  readonly mix?: Mix;
}

export interface ForwardResult {
  /** N,K; N,H,W,K for classes of pixels. */
  readonly logits: tf.Tensor;
  /** What `moveAverages` takes into the running statistics after this pass; nothing in evaluation mode. */
  readonly observed: readonly Observed[];
}

/**
 * A network as a pure function: it owns no tensors, its parameters and running statistics are given by name, or as `pack` leaves them.
 */
export interface Network extends Packing {
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>;
  readonly statisticShapes: Readonly<Record<string, readonly number[]>>;
  /**
   * Fresh parameters as PyTorch's layers start (weights and biases uniform within 1 / sqrt(fan-in), batch norms as identity) and
   * running statistics (mean 0, variance 1). A parameter depends on the stream and its name only.
   */
  initial(random: Random): { parameters: Tensors; statistics: Tensors };
  /** About how many bytes of activations a step of training keeps at once, see `trainingMemory`; 0 where nothing is known. */
  trainingMemory(rows: number, side: number, activations?: Activations): number;
  /** @param x N,H,W,C, or N,grid*grid,t,t,C for jigsaw puzzles */
  forward(x: tf.Tensor, options: ForwardOptions): ForwardResult;
}

/** The kinds of cell, as in the genotype and the mix. */
export type Kind = 'normal' | 'reduce';

/**
 * Stacks stem, cells and head.
 *
 * @param makeCell makes the cell of a kind, with channels of its output a multiple `concat` of those of its nodes
 * @param weights the weights of the nodes of both kinds of cell, from what a pass is given
 */
export function stack(
  { cells, channels, stem: stemKind, classes, inputChannels = 3, head = { kind: 'linear' } }: StackOptions,
  makeCell: (place: Place, kind: Kind, placement: CellPlacement) => { cell: Cell; concat: number },
  weights: (mix: Mix | undefined) => Partial<Record<Kind, readonly tf.Tensor[]>>,
): Omit<Network, 'trainingMemory'> {
  checkCounts({ cells, channels, classes, inputChannels });
  if (channels % 2 !== 0) throw new RangeError(`expected an even number of channels, got ${channels}`);
  const root = Place.root();
  const start = stem(root, stemKind, inputChannels, channels);
  const reductions = reductionCells({ cells, head });
  let from = start.channels;
  let previousReduction = start.reduction;
  let width = channels;
  const stacked = Array.from({ length: cells }, (_, i) => {
    const reduction = reductions.includes(i);
    if (reduction) width *= 2;
    const kind: Kind = reduction ? 'reduce' : 'normal';
    const { cell, concat } = makeCell(root.at(`cell${i}`), kind, {
      from,
      channels: width,
      reduction,
      previousReduction,
    });
    from = [from[1], concat * width];
    previousReduction = reduction;
    return { kind, cell };
  });
  const last = headLayer(root.at('head'), head, from[1], classes);
  const { pack, unpack } = packing(root.declaration);

  return {
    ...shapes(root.declaration),
    ...{ pack, unpack },
    initial: (random) => initial(root.declaration, random),
    forward: (input, options) => {
      const x = flattened(input, head, inputChannels);
      const { training, parameters, statistics } = options;
      const pass = new Pass(
        training ? options : { ...options, parameters: unpack(parameters), statistics: unpack(statistics) },
      );
      const nodeWeights = weights(options.mix);
      let [s0, s1] = start.forward(x, pass);
      pass.fix(s0, s1);
      for (const { kind, cell } of stacked) {
        [s0, s1] = [s1, pass.part(() => cell(s0, s1, pass, nodeWeights[kind]))];
      }
      const logits = last(s1, [x.shape[1], x.shape[2]], pass);
      return { logits, observed: pass.observed };
    },
  };
}

/** The maps that the stem sees: for jigsaw puzzles every tile is one. */
function flattened(x: tf.Tensor, head: Head, inputChannels: number): tf.Tensor4D {
  const rank = head.kind === 'jigsaw' ? 5 : 4;
  if (
    x.rank !== rank ||
    x.shape.at(-1) !== inputChannels ||
    (head.kind === 'jigsaw' && x.shape[1] !== head.grid ** 2)
  ) {
    const expected =
      head.kind === 'jigsaw' ? `N,${head.grid ** 2},t,t,${inputChannels}` : `N,H,W,${inputChannels}`;
    throw new RangeError(`the network takes pictures ${expected}, got ${x.shape}`);
  }
  return x.reshape([-1, ...x.shape.slice(-3)]) as tf.Tensor4D;
}

function shapes({
  parameters,
  statistics,
}: Declaration): Pick<Network, 'parameterShapes' | 'statisticShapes'> {
  return {
    parameterShapes: Object.fromEntries([...parameters].map(([name, { shape }]) => [name, shape])),
    statisticShapes: Object.fromEntries(statistics),
  };
}

function initial({ parameters, statistics }: Declaration, random: Random): ReturnType<Network['initial']> {
  return {
    parameters: Object.fromEntries(
      [...parameters].map(([name, { shape, start }]) => {
        if ('value' in start) return [name, tf.fill(shape as number[], start.value)];
        const stream = random.split(name);
        const size = shape.reduce((product, side) => product * side, 1);
        const values = Float32Array.from({ length: size }, () => stream.between(-start.bound, start.bound));
        return [name, tf.tensor(values, shape as number[])];
      }),
    ),
    statistics: Object.fromEntries(
      [...statistics].map(([name, shape]) => [
        name,
        tf.fill(shape as number[], name.endsWith('.var') ? 1 : 0),
      ]),
    ),
  };
}

function checkCounts(counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`expected a whole number of at least 1 for ${name}, got ${count}`);
    }
  }
}
