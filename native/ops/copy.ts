import * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const isEmpty = ({ shape }: tf.TensorInfo) => shape.includes(0);

const concat = override('Concat', ({ inputs, attrs, backend }) => {
  const all = Object.values(inputs);
  const axis = tf.util.parseAxisParam(attrs.axis as number, all[0]!.shape)[0]!;
  const tensors = all.filter((tensor) => !isEmpty(tensor));
  const { dtype } = all[0]!;
  // One tensor alone is handed through by stock tfjs.
  if (tensors.length < 2 || (dtype !== 'float32' && dtype !== 'int32')) return undefined;
  if (tensors.some((tensor) => tensor.dtype !== dtype)) return undefined;
  tf.backend_util.assertParamsConsistent(
    all.map(({ shape }) => shape),
    axis,
  );
  const shape = tensors[0]!.shape.slice();
  shape[axis] = tensors.reduce((total, tensor) => total + tensor.shape[axis]!, 0);
  const y = backend.output(shape, dtype);
  run(
    'concat',
    tensors.map((tensor) => backend.values(tensor, dtype)),
    [y.values],
    { outer: sizeOf(shape.slice(0, axis)) },
  );
  return y.info;
});

/** The gradient of a concatenation. */
const split = override('SplitV', ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(
    x as tf.Tensor,
    attrs.numOrSizeSplits as number[] | number,
    axis,
  );
  if ((x.dtype !== 'float32' && x.dtype !== 'int32') || isEmpty(x) || sizes.includes(0)) return undefined;
  const { dtype, shape } = x;
  const parts = sizes.map((size) => backend.output(shape.with(axis, size), dtype));
  run(
    'split',
    [backend.values(x, dtype)],
    parts.map((part) => part.values),
    { outer: sizeOf(shape.slice(0, axis)) },
  );
  return parts.map((part) => part.info);
});

/** A box in a tensor: where it begins and how long it is along each axis of the tensor's shape. */
interface Box {
  shape: number[];
  begin: number[];
  size: number[];
}

/** Merges the last axes as long as the box takes the whole of them. */
function merged({ shape, begin, size }: Box): Box {
  let last = shape.length - 1;
  let whole = 1;
  while (last > 0 && begin[last] === 0 && size[last] === shape[last]) whole *= shape[last--]!;
  const scaled = (list: number[]) => [...list.slice(0, last), list[last]! * whole];
  return { shape: scaled(shape), begin: scaled(begin), size: scaled(size) };
}

const slice = override('Slice', ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  if ((x.dtype !== 'float32' && x.dtype !== 'int32') || x.shape.length === 0) return undefined;
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as tf.Tensor,
    attrs.begin as number[],
    attrs.size as number[],
  ) as [number[], number[]];
  tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size);
  if (isEmpty(x) || size.includes(0)) return undefined;
  const y = backend.output(size, x.dtype);
  run('slice', [backend.values(x, x.dtype)], [y.values], { ...merged({ shape: x.shape, begin, size }) });
  return y.info;
});

const pad = override('PadV2', ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const paddings = attrs.paddings as [number, number][];
  if (!areFloats(x) || x.shape.length === 0 || paddings.flat().some((size) => size < 0)) return undefined;
  const shape = paddings.map(([before, after], i) => before + x.shape[i]! + after);
  const y = backend.output(shape);
  // Seen from y, x is a box in it.
  const box = merged({ shape, begin: paddings.map(([before]) => before), size: x.shape });
  run('pad', [backend.values(x)], [y.values], {
    shape: box.size,
    before: box.begin,
    size: box.shape,
    value: attrs.constantValue as number,
  });
  return y.info;
});

export const kernels = [concat, split, slice, pad];
