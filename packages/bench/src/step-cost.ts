import { cost, type Genotype, supernetCost } from '@unnas/genotype';

/** `weight` and `alpha` as in every step of DARTS of first order, `second-order` for its alpha step with the weights looked ahead. */
export type StepKind = 'weight' | 'alpha' | 'second-order';
export const STEP_KINDS = ['weight', 'alpha', 'second-order'] as const satisfies readonly StepKind[];

/** Sizes of a network and of the batch that it is trained on. */
export interface StepSize {
  readonly cells: number;
  readonly channels: number;
  readonly stem: 'cifar' | 'imagenet';
  readonly classes: number;
  /** Height and width of the pictures. */
  readonly size: number;
  /** Pictures in a batch. */
  readonly batch: number;
}

/**
 * How many times a step does the work of the forward pass: that pass, the gradient of its inputs and that of its weights are one
 * each. Second order is a weight step, one at the weights ahead, and two passes with the gradients of the alphas.
 */
const PASSES: Readonly<Record<StepKind, number>> = { weight: 3, alpha: 2, 'second-order': 3 + 3 + 2 + 2 };

/**
 * Operations of a step in GFLOP, two a multiply-add, as the network has them: convolutions and linear layers, nothing for what is
 * computed again, nor for norms, pools, losses and optimisers. Without a genotype of the supernet of DARTS.
 */
export function stepGigaflops(kind: StepKind, { batch, ...network }: StepSize, genotype?: Genotype): number {
  const { multiplyAdds } = genotype === undefined ? supernetCost(network) : cost(genotype, network);
  return (2 * multiplyAdds * batch * PASSES[kind]) / 1e9;
}
