import type { Genotype } from '@unnas/genotype';
import { type DerivedStyle, derivedCell } from './cell.ts';
import { type Network, type StackOptions, stack } from './network.ts';
import { derivedTrainingMemory } from './training-memory.ts';

/**
 * The network of a genotype. By default as networks are trained from scratch: batch norms have scale and offset, and none
 * follows a pool. With `{ affine: false, poolNorm: true }` its layers are those of a supernet, so that it computes the same as a
 * supernet whose mix is 1 at the genotype's edges and 0 elsewhere, with the same parameters under the supernet's names.
 */
export function derivedNetwork(
  genotype: Genotype,
  options: StackOptions & { style?: DerivedStyle },
): Network {
  const { style = {}, ...size } = options;
  const network = stack(
    size,
    (place, kind, placement) => {
      const concat = genotype[`${kind}_concat`];
      return {
        cell: derivedCell(place, placement, { edges: genotype[kind], concat, style }),
        concat: concat.length,
      };
    },
    () => ({}),
  );
  return { ...network, trainingMemory: (rows, side) => derivedTrainingMemory(genotype, size, rows, side) };
}
