/**
 * What the tensors are computed with:
 * `native` our C++ kernels, `cpu` stock tfjs in plain JavaScript (works everywhere, thousands of times slower),
 * `tensorflow` stock tfjs on libtensorflow (`@tensorflow/tfjs-node-gpu`, to be enabled first), `cuda` not in this version.
 */
export type BackendName = 'native' | 'cpu' | 'tensorflow' | 'cuda';

export const BACKENDS = ['native', 'cpu', 'tensorflow', 'cuda'] as const satisfies readonly BackendName[];
