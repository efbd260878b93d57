import { run } from '../addon.ts';
import { type KernelArguments, override } from '../override.ts';

interface SgdAttrs {
  /** Number of parameters. */
  readonly count: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  /** What the gradients are multiplied with first. */
  readonly scale: number;
}

interface AdamAttrs {
  readonly count: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly scale: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/** Runs a kernel over groups of tensors and gives `groups` groups of new ones, shaped like the first group: the parameters. */
function step<Attrs extends { readonly count: number }>(
  kernel: string,
  groups: number,
  args: KernelArguments,
) {
  const { inputs, backend } = args;
  const attrs = args.attrs as unknown as Attrs;
  const tensors = Object.values(inputs);
  const outputs = Array.from({ length: groups }, () =>
    tensors.slice(0, attrs.count).map(({ shape }) => backend.output(shape)),
  ).flat();
  run(
    kernel,
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    { ...attrs },
  );
  return outputs.map(({ info }) => info);
}

/** Inputs: parameters, gradients, velocities; outputs: parameters, velocities. */
const sgdStep = override('UnnasSgdStep', (args) => step<SgdAttrs>('sgd_step', 2, args));

/** Inputs: parameters, gradients, first and second moments; outputs: parameters, first and second moments. */
const adamStep = override('UnnasAdamStep', (args) => step<AdamAttrs>('adam_step', 3, args));

export const kernels = [sgdStep, adamStep];
