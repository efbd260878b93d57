import type * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

/** How an operand is read along a merged axis: element by element, or the same element again. */
interface Axis {
  size: number;
  readonly a: boolean;
  readonly b: boolean;
}

/** The shape of the result by tfjs's rules of broadcasting, aligned at the last axis; undefined if the two don't fit. */
function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/** Merges neighbouring axes that both operands read alike, so that equal shapes become a single axis. */
function mergedAxes(a: readonly number[], b: readonly number[], shape: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  for (const [i, size] of shape.entries()) {
    if (size === 1) continue;
    const next = {
      size,
      a: (a[a.length - shape.length + i] ?? 1) > 1,
      b: (b[b.length - shape.length + i] ?? 1) > 1,
    };
    const previous = axes.at(-1);
    if (previous && previous.a === next.a && previous.b === next.b) previous.size *= size;
    else axes.push(next);
  }
  return axes.length > 0 ? axes : [{ size: 1, a: false, b: false }];
}

/** The distance of neighbours along each axis, 0 where the operand is repeated. */
function strides(axes: readonly Axis[], operand: 'a' | 'b'): number[] {
  let stride = 1;
  return axes
    .map((_, i) => {
      const axis = axes[axes.length - 1 - i]!;
      if (!axis[operand]) return 0;
      const own = stride;
      stride *= axis.size;
      return own;
    })
    .reverse();
}

const binary = (kernelName: string, kernel: string) =>
  override(kernelName, ({ inputs, backend }) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const shape = areFloats(a, b) ? broadcast(a.shape, b.shape) : undefined;
    if (shape === undefined) return undefined;
    const axes = mergedAxes(a.shape, b.shape, shape);
    const z = backend.output(shape);
    run(kernel, [backend.values(a), backend.values(b)], [z.values], {
      shape: axes.map(({ size }) => size),
      aStrides: strides(axes, 'a'),
      bStrides: strides(axes, 'b'),
    });
    return z.info;
  });

const addN = override('AddN', ({ inputs, backend }) => {
  const tensors = Object.values(inputs);
  if (!areFloats(...tensors)) return undefined;
  const z = backend.output(tensors[0]!.shape);
  run(
    'add_all',
    tensors.map((tensor) => backend.values(tensor)),
    [z.values],
  );
  return z.info;
});

export const kernels = [
  binary('Add', 'add'),
  binary('Sub', 'subtract'),
  binary('Multiply', 'multiply'),
  binary('RealDiv', 'divide'),
  binary('Maximum', 'maximum'),
  binary('Minimum', 'minimum'),
  addN,
];
