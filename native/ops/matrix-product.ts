import * as tf from '@tensorflow/tfjs';
import { type KernelArray, run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

export interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transpose_a?: boolean;
  readonly transpose_b?: boolean;
  readonly batch_a?: number;
  readonly batch_b?: number;
}

/** y = a b, of a [rows, inner] and b [inner, columns], stored the other way round where `transpose` says so. */
export const matrixProduct = (a: KernelArray, b: KernelArray, y: KernelArray, product: Product): void =>
  run('matrix_product', [a, b], [y], {
    batch_a: 1,
    batch_b: 1,
    transpose_a: false,
    transpose_b: false,
    ...product,
  });

const batchMatMul = override('BatchMatMul', ({ inputs, attrs, backend }) => {
  const { a, b } = inputs as Record<'a' | 'b', tf.TensorInfo>;
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  if (!areFloats(a, b)) return undefined;
  const [rows, inner] = lastTwo(a, transposeA);
  const [innerB, columns] = lastTwo(b, transposeB);
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const [batchA, batchB] = [tf.util.sizeFromShape(outerA), tf.util.sizeFromShape(outerB)];
  const plain = batchA === 1 || batchB === 1 || tf.util.arraysEqual(outerA, outerB);
  if (inner !== innerB || !plain) return undefined;
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const { info, values } = backend.output([...outer, rows, columns]);
  matrixProduct(backend.values(a), backend.values(b), values, {
    ...{ rows, inner, columns, batch_a: batchA, batch_b: batchB },
    ...{ transpose_a: transposeA, transpose_b: transposeB },
  });
  return info;
});

function lastTwo({ shape }: tf.TensorInfo, transposed: boolean): [number, number] {
  const [first, second] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [second, first] : [first, second];
}

export const kernels = [batchMatMul];
