import * as tf from '@tensorflow/tfjs';
import type { Tensors } from './gradients.ts';
import { op } from './op.ts';

interface AddScaledAttrs {
  readonly factor: number;
}

const fused = op<AddScaledAttrs>({
  name: 'UnnasAddScaled',
  differentiable: false,
  reference: (inputs, { factor }) => {
    const count = inputs.length / 2;
    return inputs.slice(0, count).map((a, i) => a.add(inputs[count + i]!.mul(factor)));
  },
});

/** a + factor * b for every tensor of `a` and the one of that name in `b`. There is no gradient. */
export function addScaled(a: Tensors, b: Tensors, factor: number): Tensors {
  const names = Object.keys(a);
  const others = names.map((name) => {
    const [{ shape }, other] = [a[name]!, b[name]];
    if (other === undefined || !tf.util.arraysEqual(other.shape, shape)) {
      throw new RangeError(
        `addScaled: expected ${name} of shape ${shape}, got ${other === undefined ? 'none' : other.shape}`,
      );
    }
    return other;
  });
  if (names.length === 0) return {};
  const sums = fused([...Object.values(a), ...others], { factor });
  return Object.fromEntries(names.map((name, i) => [name, sums[i]!]));
}
