import * as tf from '@tensorflow/tfjs';
import type { Tensors } from './gradients.ts';
import { op } from './op.ts';

const fused = op<object>({
  name: 'UnnasGlobalNorm',
  differentiable: false,
  reference: (tensors) => [tf.addN(tensors.map((tensor) => tensor.square().sum())).sqrt()],
});

/** The L2 norm of all values of all tensors together. */
export function globalNorm(tensors: Tensors): tf.Scalar {
  const list = Object.values(tensors);
  return list.length === 0 ? tf.scalar(0) : tf.tidy(() => fused(list, {})[0] as tf.Scalar);
}

/** The factor that brings gradients of an L2 norm down to `max`, and never up: min(1, max / (norm + 1e-6)), as in PyTorch. */
export function clipScale(norm: number, max: number): number {
  return Math.min(1, max / (norm + 1e-6));
}
