import { run } from '../addon.ts';
import { override } from '../override.ts';

/** Inputs: any tensors; output: the Euclidean norm of all their elements together (scalar). */
const globalNorm = override('UnnasGlobalNorm', ({ inputs, backend }) => {
  const norm = backend.output([]);
  run(
    'global_norm',
    Object.values(inputs).map((tensor) => backend.values(tensor)),
    [norm.values],
  );
  return [norm.info];
});

export const kernels = [globalNorm];
