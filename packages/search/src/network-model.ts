import { totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { Activations, Optimizer, Tensors } from '@unnas/nn';
import type { HostBatch } from '@unnas/pretext';
import { inputError } from '@unnas/random';
import type { ForwardOptions, Network } from '@unnas/supernet';
import type { Setup } from './algorithm.ts';
import type { Model, Trained } from './darts-step.ts';

/** A batch as tensors: the network's input, and what the task compares the logits with. */
export interface Batch {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** The tensors of a batch; they belong to the caller's tidy. */
export function batchTensors({ x, xShape, y, yShape }: HostBatch): Batch {
  return { x: tf.tensor(x, [...xShape], 'float32'), y: tf.tensor(y, [...yShape], 'int32') };
}

/** A network with the loss of a task, as the steps of DARTS take it. */
export function networkModel(
  network: Network,
  task: Pick<Setup['task'], 'loss' | 'metric'>,
  activations?: Activations,
): Model<Batch> {
  return {
    pass({ parameters, statistics, alphas }, { x, y }, { frozen }) {
      const { logits, observed } = network.forward(x, {
        parameters,
        statistics,
        training: true,
        frozen,
        activations,
        ...mixOf(alphas),
      });
      return { loss: task.loss(logits, y), logits, observed };
    },
    tally: (logits, { y }) => task.metric.tally(logits, y),
  };
}

/** What is right of a batch in evaluation mode. */
export function scoreBatch(
  network: Network,
  task: Setup['task'],
  trained: Trained,
  host: HostBatch,
): number[] {
  return tf.tidy(() => {
    const { x, y } = batchTensors(host);
    const { parameters, statistics, alphas } = trained;
    const { logits } = network.forward(x, { parameters, statistics, training: false, ...mixOf(alphas) });
    return task.metric.tally(logits, y);
  });
}

/** Alphas to the weights of the candidates; nothing for a network without alphas. */
function mixOf({ normal, reduce }: Tensors): Pick<ForwardOptions, 'mix'> {
  if (normal === undefined || reduce === undefined) return {};
  return { mix: { normal: tf.softmax(normal as tf.Tensor2D), reduce: tf.softmax(reduce as tf.Tensor2D) } };
}

/**
 * Throws an input error for a network that this machine cannot train, before its parameters are drawn: the least that it takes are
 * each parameter, its gradient and its momentum, four bytes each.
 */
export function checkMemory({ parameterShapes }: Pick<Network, 'parameterShapes'>): void {
  const sizes = Object.values(parameterShapes).map((shape) => shape.reduce((size, side) => size * side, 1));
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const [needed, there] = [3 * 4 * count, totalmem()];
  if (needed <= there) return;
  const gibibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 30)} GiB`;
  throw inputError(
    `a network of ${count} parameters takes at least ${gibibytes(needed)} of memory to train, and this machine has ${gibibytes(there)}`,
  );
}

/** Variables with initial values, which it takes over, and the optimisers that move them. Those of the network are packed. */
export function trainedOf(
  { pack }: Pick<Network, 'pack'>,
  initial: { parameters: Tensors; statistics: Tensors; alphas?: Tensors },
  optimizers: { weightOptimizer: Optimizer; alphaOptimizer?: Optimizer },
): Trained {
  const variables = (tensors: Tensors) => mapValues(tensors, (tensor) => tf.variable(tensor, false));
  const { parameters, statistics, alphas = {} } = initial;
  const trained = tf.tidy(() => ({
    parameters: variables(pack(parameters)),
    statistics: variables(pack(statistics)),
    alphas: variables(alphas),
  }));
  tf.dispose([parameters, statistics, alphas]);
  return { ...trained, ...optimizers };
}

const VARIABLES = ['parameters', 'statistics', 'alphas'] as const;
const OPTIMIZERS = ['weightOptimizer', 'alphaOptimizer'] as const;

/**
 * Copies of everything that training changes, under names `group/name`, each parameter by itself; they belong to the caller's
 * tidy.
 */
export function saveTrained({ unpack }: Pick<Network, 'unpack'>, trained: Trained): Tensors {
  return tf.tidy(() => {
    const copies = (tensors: Tensors) => mapValues(unpack(tensors), (tensor) => tensor.clone());
    const groups = [
      ...VARIABLES.map((group) => [group, copies(trained[group])] as const),
      ...OPTIMIZERS.map((group) => [group, unpack(trained[group]?.state() ?? {})] as const),
    ];
    return Object.fromEntries(
      groups.flatMap(([group, tensors]) =>
        Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, tensor]),
      ),
    );
  });
}

/** Puts back what `saveTrained` gave. Throws a RangeError where a variable is missing or has another shape. */
export function loadTrained(
  { pack, parameterShapes, statisticShapes }: Pick<Network, 'pack' | 'parameterShapes' | 'statisticShapes'>,
  trained: Trained,
  saved: Tensors,
): void {
  const groupOf = (group: string) =>
    Object.fromEntries(
      Object.entries(saved).flatMap(([key, tensor]) =>
        key.startsWith(`${group}/`) ? [[key.slice(group.length + 1), tensor]] : [],
      ),
    );
  const shapes = {
    parameters: parameterShapes,
    statistics: statisticShapes,
    alphas: mapValues(trained.alphas, ({ shape }) => shape),
  };
  tf.tidy(() => {
    for (const group of VARIABLES) {
      const values = groupOf(group);
      for (const [name, shape] of Object.entries(shapes[group])) {
        const value = values[name];
        if (`${value?.shape}` !== `${shape}`) {
          throw new RangeError(
            `expected ${group}/${name} of shape [${shape}], got ${value ? `[${value.shape}]` : 'none'}`,
          );
        }
      }
      const packed = pack(values);
      for (const [name, variable] of Object.entries(trained[group])) variable.assign(packed[name]!);
    }
    for (const group of OPTIMIZERS) trained[group]?.load(pack(groupOf(group)));
  });
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, f: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}

export function disposeTrained(trained: Trained): void {
  for (const group of VARIABLES) tf.dispose(trained[group]);
  for (const group of OPTIMIZERS) trained[group]?.dispose();
}
