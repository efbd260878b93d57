import type * as tf from '@tensorflow/tfjs';
import { run } from '../addon.ts';
import { override } from '../override.ts';

/** Inputs: logits [R, K], labels [R] int32, 0 .. K-1; output: loss (scalar), the mean over the rows. */
const crossEntropy = override('UnnasCrossEntropy', ({ inputs, backend }) => {
  const [logits, labels] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo];
  const loss = backend.output([]);
  run('cross_entropy', [backend.values(logits), backend.values(labels, 'int32')], [loss.values], {
    classes: logits.shape[1]!,
  });
  return [loss.info];
});

/** Inputs: logits, labels, dy (scalar); output: dlogits. */
const crossEntropyGrad = override('UnnasCrossEntropyGrad', ({ inputs, backend }) => {
  const [logits, labels, dy] = Object.values(inputs) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const dlogits = backend.output(logits.shape);
  run(
    'cross_entropy_grad',
    [backend.values(logits), backend.values(labels, 'int32'), backend.values(dy)],
    [dlogits.values],
    { classes: logits.shape[1]! },
  );
  return [dlogits.info];
});

export const kernels = [crossEntropy, crossEntropyGrad];
