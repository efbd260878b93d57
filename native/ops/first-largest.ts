import type * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { override } from '../override.ts';

/** Input: x [R, K]; output: places [R] int32. */
const firstLargest = override('UnnasFirstLargest', ({ inputs, backend }) => {
  const [x] = Object.values(inputs) as [tf.TensorInfo];
  const [rows, columns] = x.shape as [number, number];
  const places = backend.output([rows], 'int32');
  run('first_largest', [backend.values(x)], [places.values], { columns });
  return [places.info];
});

export const kernels = [firstLargest];
