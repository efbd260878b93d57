import * as tf from '@tensorflow/tfjs';
import { registerNativeBackend } from '@unnas/native';
import { supernet, dartsSpace } from '@unnas/supernet';
import { Random } from '@unnas/random';
import { sgd, adam, crossEntropy, valueAndGradients, globalNorm } from '@unnas/nn';
await registerNativeBackend(); await tf.setBackend('native'); await tf.ready();
const batch = Number(process.argv[2] ?? 16);
const net = supernet(dartsSpace({ cells: 8, channels: 16, stem: 'cifar' } as never), { classes: 10 });
const { parameters, statistics } = net.initial(Random.of(1));
const vars = Object.fromEntries(Object.entries(parameters).map(([k, t]) => [k, tf.variable(t)]));
const al = net.initialAlphas(Random.of(2));
const x = tf.randomNormal([batch, 32, 32, 3]); const y = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % 10), 'int32');
const opt = sgd({ momentum: 0.9, weightDecay: 3e-4 } as never);
for (let s = 0; s < 4; s++) {
  const t0 = performance.now();
  tf.tidy(() => {
    const mix = { normal: tf.softmax(al.normal) as tf.Tensor2D, reduce: tf.softmax(al.reduce) as tf.Tensor2D };
    const r = valueAndGradients(() => ({ loss: crossEntropy(net.forward(x, { parameters: vars, statistics, training: true, mix, frozen: false } as never).logits as tf.Tensor2D, y) }), vars);
    const n = globalNorm(r.gradients).dataSync()[0];
    opt.step(vars, r.gradients, 0.025);
  });
  console.log(batch, 'step ms', (performance.now() - t0).toFixed(0), 'rss MiB', (process.memoryUsage().rss / 2 ** 20).toFixed(0), tf.memory().numTensors);
}
