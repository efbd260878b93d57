import * as tf from '@tensorflow/tfjs';
import { releaseLater } from './release.ts';

const NAME = 'UnnasFanOut';

tf.registerGradient({
  kernelName: NAME,
  gradFunc: (dy) => {
    const gradients = [dy].flat();
    const sum = tf.addN(gradients);
    releaseLater(gradients, sum);
    return { x: () => sum };
  },
});

/**
 * The same tensor several times, for as many uses. It costs nothing, and the gradients of the uses are added up at once: tfjs adds them
 * one by one as they come.
 *
 * @returns `count` tensors that share the values of `x`; each has to be used
 */
export function fanOut<T extends tf.Tensor>(x: T, count: number): T[] {
  if (count === 1) return [x];
  const backendName = tf.getBackend();
  if (tf.getKernel(NAME, backendName) === undefined) {
    tf.registerKernel({
      kernelName: NAME,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const { dataId, shape, dtype } = inputs.x!;
        return Array.from({ length: attrs!.count as number }, () => {
          (backend as tf.KernelBackend).incRef(dataId);
          return { dataId, shape, dtype };
        });
      },
    });
  }
  return tf.engine().runKernel(NAME, { x } as never, { count });
}
