import * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

interface Attrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** The axes in front of, in and behind the sum, or undefined if others stand between the axes of the sum. */
function split(
  shape: readonly number[],
  axes: readonly number[],
): [number[], number[], number[]] | undefined {
  // An axis of one element belongs to any side.
  const matters = (axis: number) => shape[axis]! > 1;
  const summed = axes.filter(matters);
  if (summed.length === 0) return [[...shape], [], []];
  const first = Math.min(...summed);
  const last = Math.max(...summed);
  for (let axis = first; axis <= last; axis++) if (matters(axis) && !summed.includes(axis)) return undefined;
  return [shape.slice(0, first), shape.slice(first, last + 1), shape.slice(last + 1)];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

const sum = (kernelName: string, divisor: (count: number) => number) =>
  override(kernelName, ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const { axis, keepDims } = attrs as unknown as Attrs;
    if (!areFloats(x)) return undefined;
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const parts = split(x.shape, axes);
    if (parts === undefined) return undefined;
    const [outer, length, inner] = parts.map(sizeOf) as [number, number, number];
    const shape = x.shape.flatMap((size, i) => (!axes.includes(i) ? [size] : keepDims ? [1] : []));
    const y = backend.output(shape);
    run('sum', [backend.values(x)], [y.values], { outer, length, inner, divisor: divisor(length) });
    return y.info;
  });

export const kernels = [sum('Sum', () => 1), sum('Mean', (count) => count)];
