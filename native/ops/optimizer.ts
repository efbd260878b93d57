import { run } from '../addon.ts';
import { type KernelArguments, override } from '../override.ts';

/** Attributes of a step besides the number of variables are numbers and flags. */
type Attrs = Readonly<Record<string, number | boolean>> & { readonly variables: number };

/** Runs a kernel that moves the variables, which come first, by the gradients behind them. */
function step(kernel: string, { inputs, attrs, backend }: KernelArguments) {
  const { variables, ...numbers } = attrs as Attrs;
  const tensors = Object.values(inputs);
  const moved = tensors.slice(0, variables).map((variable) => backend.changeable(variable));
  run(
    kernel,
    tensors.slice(variables).map((gradient) => backend.values(gradient)),
    moved.map(({ values }) => values),
    numbers,
  );
  return moved.map(({ info }) => info);
}

/** Moves parameters and velocities. */
const sgdStep = override('UnnasSgdStep', (args) => step('sgd_step', args));

/** Moves parameters, first and second moments. */
const adamStep = override('UnnasAdamStep', (args) => step('adam_step', args));

export const kernels = [sgdStep, adamStep];
