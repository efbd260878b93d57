import * as tf from '@tensorflow/tfjs';
import type { Tensors } from './gradients.ts';
import { op } from './op.ts';

/** Moves parameters against their gradients. What it remembers of a parameter starts at zero when it first sees its name. */
export interface Optimizer {
  /**
   * Moves every parameter in place.
   *
   * @param gradients by the names of the parameters; others are ignored
   * @param scale what the gradients are multiplied with first, see `clipScale`
   */
  step(
    parameters: Record<string, tf.Variable>,
    gradients: Tensors,
    learningRate: number,
    scale?: number,
  ): void;
  /** A copy of all that it remembers, for a checkpoint; it belongs to the caller. */
  state(): Tensors;
  /** Takes over the state of another optimiser of the same kind. */
  load(state: Tensors): void;
  dispose(): void;
}

export interface SgdOptions {
  readonly momentum?: number;
  /** L2 penalty, added to the gradient as weightDecay * p. */
  readonly weightDecay?: number;
  readonly nesterov?: boolean;
}

interface SgdAttrs extends Required<SgdOptions> {
  readonly count: number;
  readonly learningRate: number;
  readonly scale: number;
}

const sgdStep = op<SgdAttrs>({
  name: 'UnnasSgdStep',
  differentiable: false,
  reference: (inputs, { count, learningRate, momentum, weightDecay, nesterov, scale }) => {
    const [parameters, gradients, velocities] = groups(inputs, count) as [Group, Group, Group];
    const moved = parameters.map((p, i) => {
      const gradient = gradients[i]!.mul(scale).add(p.mul(weightDecay));
      const velocity = velocities[i]!.mul(momentum).add(gradient);
      const direction = nesterov ? gradient.add(velocity.mul(momentum)) : velocity;
      return [p.sub(direction.mul(learningRate)), velocity] as const;
    });
    return [...moved.map(([p]) => p), ...moved.map(([, velocity]) => velocity)];
  },
});

/**
 * Stochastic gradient descent with momentum as in PyTorch: g = scale * g + weightDecay * p; v = momentum * v + g;
 * p = p - learningRate * v, or with Nesterov's momentum p - learningRate * (g + momentum * v).
 *
 * Its state is `velocity/NAME` for every parameter.
 */
export function sgd({ momentum = 0, weightDecay = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  const memory = new Memory(['velocity']);
  return {
    step: (parameters, gradients, learningRate, scale = 1) =>
      memory.step(parameters, gradients, (inputs, count) =>
        sgdStep(inputs, { count, learningRate, momentum, weightDecay, nesterov, scale }),
      ),
    state: () => memory.state(),
    load: (state) => memory.load(state),
    dispose: () => memory.dispose(),
  };
}

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** L2 penalty, added to the gradient as weightDecay * p. */
  readonly weightDecay?: number;
}

interface AdamAttrs extends Required<AdamOptions> {
  readonly count: number;
  readonly learningRate: number;
  readonly scale: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

const adamStep = op<AdamAttrs>({
  name: 'UnnasAdamStep',
  differentiable: false,
  reference: (inputs, { count, learningRate, beta1, beta2, epsilon, weightDecay, scale, step }) => {
    const [parameters, gradients, firsts, seconds] = groups(inputs, count) as [Group, Group, Group, Group];
    const moved = parameters.map((p, i) => {
      const gradient = gradients[i]!.mul(scale).add(p.mul(weightDecay));
      const first = firsts[i]!.mul(beta1).add(gradient.mul(1 - beta1));
      const second = seconds[i]!.mul(beta2).add(gradient.square().mul(1 - beta2));
      const deviation = second
        .div(1 - beta2 ** step)
        .sqrt()
        .add(epsilon);
      return [p.sub(first.div(deviation).mul(learningRate / (1 - beta1 ** step))), first, second] as const;
    });
    return [
      ...moved.map(([p]) => p),
      ...moved.map(([, first]) => first),
      ...moved.map(([, , second]) => second),
    ];
  },
});

/**
 * Adam (Kingma and Ba, ICLR 2015) with an L2 penalty as in PyTorch: g = scale * g + weightDecay * p;
 * m = beta1 * m + (1 - beta1) * g; s = beta2 * s + (1 - beta2) * g^2; with step t from 1,
 * p = p - learningRate * (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon).
 *
 * Its state is `first/NAME` and `second/NAME` for every parameter, and the number of steps as the scalar `step`.
 */
export function adam({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamOptions = {}): Optimizer {
  const memory = new Memory(['first', 'second']);
  let step = 0;
  return {
    step: (parameters, gradients, learningRate, scale = 1) => {
      step++;
      memory.step(parameters, gradients, (inputs, count) =>
        adamStep(inputs, { count, learningRate, beta1, beta2, epsilon, weightDecay, scale, step }),
      );
    },
    state: () => ({ ...memory.state(), step: tf.scalar(step, 'int32') }),
    load: ({ step: steps, ...state }) => {
      if (!steps) throw new TypeError('adam: the state has no number of steps');
      memory.load(state);
      step = steps.dataSync()[0]!;
    },
    dispose: () => {
      memory.dispose();
      step = 0;
    },
  };
}

type Group = readonly tf.Tensor[];

function groups(tensors: Group, count: number): Group[] {
  return Array.from({ length: tensors.length / count }, (_, i) => tensors.slice(i * count, (i + 1) * count));
}

/** One variable for each kind of thing remembered (such as the velocity) and each parameter. */
class Memory {
  readonly #kinds: readonly string[];
  readonly #variables = new Map<string, tf.Variable>();

  constructor(kinds: readonly string[]) {
    this.#kinds = kinds;
  }

  step(
    parameters: Record<string, tf.Variable>,
    gradients: Tensors,
    move: (inputs: tf.Tensor[], count: number) => tf.Tensor[],
  ): void {
    const names = Object.keys(parameters);
    if (names.length === 0) return;
    for (const name of names) {
      const gradient = gradients[name];
      const { shape } = parameters[name]!;
      if (`${gradient?.shape}` !== `${shape}`) {
        throw new RangeError(
          `parameter ${name} of shape ${shape} has a gradient of shape ${gradient?.shape ?? 'none'}`,
        );
      }
    }
    tf.tidy(() => {
      const remembered = this.#kinds.flatMap((kind) =>
        names.map((name) => this.#variable(`${kind}/${name}`, parameters[name]!)),
      );
      const variables = [...names.map((name) => parameters[name]!), ...remembered];
      const inputs = [
        ...names.map((name) => parameters[name]!),
        ...names.map((name) => gradients[name]!),
        ...remembered,
      ];
      const moved = move(inputs, names.length);
      variables.forEach((variable, i) => {
        variable.assign(moved[i]!);
      });
    });
  }

  state(): Tensors {
    return Object.fromEntries([...this.#variables].map(([key, variable]) => [key, variable.clone()]));
  }

  load(state: Tensors): void {
    const strange = Object.keys(state).find((key) => !this.#kinds.some((kind) => key.startsWith(`${kind}/`)));
    if (strange !== undefined) {
      throw new TypeError(
        `an optimiser's state holds ${this.#kinds.join(' and ')} by parameter, got ${strange}`,
      );
    }
    this.dispose();
    for (const [key, tensor] of Object.entries(state)) this.#variables.set(key, tf.variable(tensor, false));
  }

  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }

  #variable(key: string, like: tf.Tensor): tf.Variable {
    let variable = this.#variables.get(key);
    if (!variable) this.#variables.set(key, (variable = tf.variable(tf.zerosLike(like), false)));
    return variable;
  }
}
