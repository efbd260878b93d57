import { reductionCells } from '@unnas/genotype';
import type { Activations } from '@unnas/nn';
import { fusedCells } from './fused-cell.ts';
import type { StackOptions } from './network.ts';

/** Maps that an edge leaves for the backward pass, one of each stage of its convolutions, in all 14 edges of a cell. */
const MAPS = 14 * 6;
/** And the strided skips of a reduction cell. */
const SKIPS = 8;
/** What else is kept of a step, as a share: inputs and outputs of cells, stem and head. Measured; it need not be exact. */
const OTHERS = 0.15;

/**
 * About how many bytes of activations a training step of a supernet keeps at once; 0 where its cells are not computed by one op each,
 * since nothing is known then.
 *
 * @param rows pictures or tiles of a batch
 * @param side of them, in pixels
 * @param activations what the maps of the cells are kept as
 */
export function trainingMemory(
  space: Omit<StackOptions, 'classes'> & { readonly candidates: readonly string[]; readonly nodes: number },
  rows: number,
  side: number,
  activations: Activations = 'float32',
): number {
  if (!fusedCells(space)) return 0;
  const half = (size: number) => Math.ceil(size / 2);
  const reductions = reductionCells(space);
  let size = space.stem === 'imagenet' ? half(half(half(side))) : side;
  let channels = space.channels;
  let bytes = 0;
  for (let cell = 0; cell < space.cells; cell++) {
    const reduction = reductions.includes(cell);
    if (reduction) {
      size = half(size);
      channels *= 2;
    }
    const map = 4 * rows * size ** 2 * 16 * Math.ceil(channels / 16);
    bytes += (MAPS + (reduction ? SKIPS : 0)) * map;
  }
  return Math.round(((activations === 'bfloat16' ? 0.5 : 1) + OTHERS) * bytes);
}
