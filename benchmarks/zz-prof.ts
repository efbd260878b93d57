import * as tf from '@tensorflow/tfjs';
import { registerNativeBackend } from '@unnas/native';
import { DARTS_CIFAR10, supernetStep } from './supernet-step.ts';

await registerNativeBackend();
await tf.setBackend('native');
const batch = Number(process.argv[2]);
const step = supernetStep({ ...DARTS_CIFAR10, batch, seed: 1 });
step.run();
step.run();
const t0 = performance.now();
for (let i = 0; i < 3; i++) step.run();
console.log('step ms', (performance.now() - t0) / 3);
const times = new Map<string, [number, number]>();
let depth = 0;
for (const k of tf.getKernelsForBackend('native')) {
  tf.unregisterKernel(k.kernelName, 'native');
  tf.registerKernel({
    ...k,
    kernelFunc: (a) => {
      const t = performance.now();
      depth++;
      try {
        return k.kernelFunc(a);
      } finally {
        depth--;
        if (depth === 0) {
          const e = times.get(k.kernelName) ?? [0, 0];
          e[0] += performance.now() - t;
          e[1]++;
          times.set(k.kernelName, e);
        }
      }
    },
  });
}
const t1 = performance.now();
step.run();
const total = performance.now() - t1;
let sum = 0;
for (const [n, [t, c]] of [...times].sort((a, b) => b[1][0] - a[1][0])) {
  sum += t;
  console.log(n.padEnd(28), t.toFixed(1).padStart(8), String(c).padStart(6));
}
console.log('kernels', sum, 'total', total);
console.log(JSON.stringify(tf.memory()), process.memoryUsage().rss / 1e6);
