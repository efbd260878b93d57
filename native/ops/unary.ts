import { run } from '../addon.ts';
import { areFloats, override } from '../override.ts';

const unary = (kernelName: string, kernel: string) =>
  override(kernelName, ({ inputs, backend }) => {
    const x = inputs.x!;
    if (!areFloats(x)) return undefined;
    const y = backend.output(x.shape);
    run(kernel, [backend.values(x)], [y.values]);
    return y.info;
  });

/** 1 where x > 0, else alpha: the derivative of relu, and of the leaky one. */
const step = override('Step', ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  if (!areFloats(x)) return undefined;
  const y = backend.output(x.shape);
  run('step', [backend.values(x)], [y.values], { alpha: attrs.alpha as number });
  return y.info;
});

/** To floats only. Stock tfjs would keep the array of integers and call it floats, to be converted at each use. */
const cast = override('Cast', ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  if (attrs.dtype !== 'float32' || x.shape.includes(0)) return undefined;
  if (x.dtype !== 'int32' && x.dtype !== 'bool') return undefined;
  const y = backend.output(x.shape);
  if (x.dtype === 'int32') run('integers_to_floats', [backend.values(x, 'int32')], [y.values]);
  else run('bytes_to_floats', [backend.values(x, 'bool')], [y.values]);
  return y.info;
});

export const kernels = [
  unary('Neg', 'negate'),
  unary('Abs', 'absolute'),
  unary('Square', 'square'),
  unary('Sqrt', 'square_root'),
  unary('Rsqrt', 'reciprocal_square_root'),
  unary('Reciprocal', 'reciprocal'),
  step,
  cast,
];
