import type * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { override } from '../override.ts';

/** Rows with the label `ignore` do not count; the mean is over the `counted` others. By default all rows count. */
interface Attrs {
  readonly ignore?: number;
  readonly counted?: number;
}

/** No label is that, nor one that is none by mistake. */
const NO_LABEL = -(2 ** 31);

/** Inputs: logits [R, K], labels [R] int32, 0 .. K-1 or `ignore`; output: loss (scalar), the mean over the rows that count. */
const crossEntropy = override('UnnasCrossEntropy', ({ inputs, attrs, backend }) => {
  const [logits, labels] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo];
  const loss = backend.output([]);
  run(
    'cross_entropy',
    [backend.values(logits), backend.values(labels, 'int32')],
    [loss.values],
    numbers(logits, attrs),
  );
  return [loss.info];
});

/** Inputs: logits, labels, dy (scalar); output: dlogits. */
const crossEntropyGrad = override('UnnasCrossEntropyGrad', ({ inputs, attrs, backend }) => {
  const [logits, labels, dy] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const dlogits = backend.output(logits.shape);
  run(
    'cross_entropy_grad',
    [backend.values(logits), backend.values(labels, 'int32'), backend.values(dy)],
    [dlogits.values],
    numbers(logits, attrs),
  );
  return [dlogits.info];
});

function numbers({ shape }: tf.TensorInfo, attrs: unknown) {
  const { ignore = NO_LABEL, counted = shape[0]! } = (attrs ?? {}) as Attrs;
  return { classes: shape[1]!, ignore, counted };
}

export const kernels = [crossEntropy, crossEntropyGrad];
