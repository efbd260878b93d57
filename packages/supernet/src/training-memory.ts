import { type Genotype, reductionCells } from '@unnas/genotype';
import { type Activations, hasDerivedCellKernel } from '@unnas/nn';
import { fusedCells } from './fused-cell.ts';
import { convolutionStages } from './fused-derived-cell.ts';
import type { StackOptions } from './network.ts';

/** Maps that an edge leaves for the backward pass, one of each stage of its convolutions, in all 14 edges of a cell. */
const MAPS = 14 * 6;
/** And the strided skips of a reduction cell. */
const SKIPS = 8;
/** What else is kept of a step, as a share: inputs and outputs of cells, stem and head. Measured; it need not be exact. */
const OTHERS = 0.15;

type Stack = Omit<StackOptions, 'classes'>;

/**
 * About how many bytes of activations a training step of a supernet keeps at once; 0 where its cells are not computed by one op each,
 * since nothing is known then.
 *
 * @param rows pictures or tiles of a batch
 * @param side of them, in pixels
 * @param activations what the maps of the cells are kept as
 */
export function trainingMemory(
  space: Stack & { readonly candidates: readonly string[]; readonly nodes: number },
  rows: number,
  side: number,
  activations: Activations = 'float32',
): number {
  if (!fusedCells(space)) return 0;
  const bytes = sum(
    cellsOf(space, rows, side).map(({ reduction, map }) => (MAPS + (reduction ? SKIPS : 0)) * map),
  );
  return Math.round(((activations === 'bfloat16' ? 0.5 : 1) + OTHERS) * bytes);
}

/** The same of a derived network with affine batch norms: the maps of all stages, of both projections twice, and of the output. */
export function derivedTrainingMemory(
  genotype: Genotype,
  options: Stack,
  rows: number,
  side: number,
): number {
  if (!hasDerivedCellKernel()) return 0;
  const bytes = sum(
    cellsOf(options, rows, side).map(({ reduction, map }) => {
      const kind = reduction ? 'reduce' : 'normal';
      const stages = sum(genotype[kind].map(([operation]) => convolutionStages(operation)));
      return (stages + 4 + genotype[`${kind}_concat`].length) * map;
    }),
  );
  return Math.round((1 + OTHERS) * bytes);
}

/** Each cell of a stack, with the bytes of a map of one of its nodes. */
function cellsOf(stack: Stack, rows: number, side: number): { reduction: boolean; map: number }[] {
  const half = (size: number) => Math.ceil(size / 2);
  const reductions = reductionCells(stack);
  let size = stack.stem === 'imagenet' ? half(half(half(side))) : side;
  let channels = stack.channels;
  return Array.from({ length: stack.cells }, (_, cell) => {
    const reduction = reductions.includes(cell);
    if (reduction) {
      size = half(size);
      channels *= 2;
    }
    return { reduction, map: 4 * rows * size ** 2 * 16 * Math.ceil(channels / 16) };
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
