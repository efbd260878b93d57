import { run } from '../addon.ts';
import { override } from '../override.ts';

/** Inputs: a.., b..; outputs: a + factor b. */
const addScaled = override('UnnasAddScaled', ({ inputs, attrs, backend }) => {
  const tensors = Object.values(inputs);
  const outputs = tensors.slice(0, tensors.length / 2).map(({ shape }) => backend.output(shape));
  run(
    'add_scaled',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    { factor: attrs.factor as number },
  );
  return outputs.map(({ info }) => info);
});

export const kernels = [addScaled];
