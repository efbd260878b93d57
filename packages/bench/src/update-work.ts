import * as tf from '@tensorflow/tfjs';
import { adam, globalNorm, moveAverages, type Optimizer, sgd, type Tensors } from '@unnas/nn';
import { Random } from '@unnas/random';
import { dartsSpace, supernet } from '@unnas/supernet';
import type { OpWork } from './op-work.ts';

/** What a step does with all parameters and all running statistics of the supernet at once. To be called inside `tf.tidy`. */
export function* updateWork({ cells = 8, channels = 16 } = {}): Generator<OpWork> {
  const network = supernet(dartsSpace({ cells, channels }), { classes: 10 });
  const initial = network.initial(Random.of(0, 'bench'));
  const parameters = network.pack(initial.parameters);
  const statistics = network.pack(initial.statistics);
  const count = Object.values(parameters).reduce((sum, { size }) => sum + size, 0);
  const statisticCount = Object.values(statistics).reduce((sum, { size }) => sum + size, 0);
  const size = `${count.toLocaleString('en-US')} in ${Object.keys(parameters).length}`;
  const only = (forward: number) => ({ forward, backward: 0 });

  yield {
    name: 'global norm',
    size,
    targets: [],
    values: only(count),
    forward: () => globalNorm(parameters),
  };
  const variablesOf = (tensors: Tensors) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.variable(tensor, false)]));
  const averages = variablesOf(statistics);
  const observed = Object.entries(statistics).map(([name, values]) => ({ names: [name], values, scale: 1 }));
  const variables = variablesOf(parameters);
  const update = function* (name: string, optimizer: Optimizer, values: number): Generator<OpWork> {
    const forward = () => {
      optimizer.step(variables, parameters, 1e-6);
      return tf.scalar(0);
    };
    yield { name, size, targets: [], values: only(values), forward };
    optimizer.dispose();
  };
  try {
    yield {
      name: 'running statistics',
      size: `${statisticCount.toLocaleString('en-US')} in ${Object.keys(statistics).length}`,
      targets: [],
      values: only(3 * statisticCount),
      forward: () => {
        moveAverages(averages, observed);
        return tf.scalar(0);
      },
    };
    yield* update('SGD with momentum', sgd({ momentum: 0.9, weightDecay: 3e-4 }), 5 * count);
    yield* update('Adam', adam({ weightDecay: 1e-3 }), 7 * count);
  } finally {
    tf.dispose([variables, averages]); // a tidy leaves variables alone
  }
}
