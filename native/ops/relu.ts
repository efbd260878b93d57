import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

/** y = max(x, 0). Its gradient in tfjs is Multiply(dy, Step(x)). */
const relu = override('Relu', ({ inputs, backend }) => {
  const x = inputs.x!;
  if (!areFloats(x)) return undefined;
  const { info, values } = backend.output(x.shape);
  run('relu', [backend.values(x)], [values]);
  return info;
});

export const kernels = [relu];
