import * as tf from '@tensorflow/tfjs';
import type { Tensors } from './gradients.ts';
import { update } from './op.ts';

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
  readonly learningRate: number;
  readonly scale: number;
}

/** Moves parameters and velocities by gradients. */
const sgdStep = update<SgdAttrs>({
  name: 'UnnasSgdStep',
  reference: (variables, gradients, { learningRate, momentum, weightDecay, nesterov, scale }) => {
    const [parameters, velocities] = groups(variables, gradients.length) as [Group, Group];
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
      memory.step(parameters, gradients, (variables, list) =>
        sgdStep(variables, list, { learningRate, momentum, weightDecay, nesterov, scale }),
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
  readonly learningRate: number;
  readonly scale: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/** Moves parameters, first and second moments by gradients. */
const adamStep = update<AdamAttrs>({
  name: 'UnnasAdamStep',
  reference: (variables, gradients, { learningRate, beta1, beta2, epsilon, weightDecay, scale, step }) => {
    const [parameters, firsts, seconds] = groups(variables, gradients.length) as [Group, Group, Group];
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
      memory.step(parameters, gradients, (variables, list) =>
        adamStep(variables, list, { learningRate, beta1, beta2, epsilon, weightDecay, scale, step }),
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
  /** By kind, then by parameter. */
  readonly #variables: ReadonlyMap<string, Map<string, tf.Variable>>;

  constructor(kinds: readonly string[]) {
    this.#variables = new Map(kinds.map((kind) => [kind, new Map()]));
  }

  /** @param move is given the parameters and then what is remembered of them, kind by kind; and the gradients */
  step(
    parameters: Record<string, tf.Variable>,
    gradients: Tensors,
    move: (variables: tf.Variable[], gradients: tf.Tensor[]) => void,
  ): void {
    const names = Object.keys(parameters);
    if (names.length === 0) return;
    const variables = Object.values(parameters);
    const list = variables.map((variable, i) => {
      const name = names[i]!;
      const gradient = gradients[name];
      if (gradient === undefined || !tf.util.arraysEqual(gradient.shape, variable.shape)) {
        throw new RangeError(
          `parameter ${name} of shape ${variable.shape} has a gradient of shape ${gradient?.shape ?? 'none'}`,
        );
      }
      return gradient;
    });
    for (const remembered of this.#variables.values()) {
      names.forEach((name, i) => {
        let variable = remembered.get(name);
        if (!variable) {
          variable = tf.tidy(() => tf.variable(tf.zeros(variables[i]!.shape), false));
          remembered.set(name, variable);
        }
        variables.push(variable);
      });
    }
    move(variables, list);
  }

  state(): Tensors {
    return Object.fromEntries(
      [...this.#variables].flatMap(([kind, remembered]) =>
        [...remembered].map(([name, variable]) => [`${kind}/${name}`, variable.clone()]),
      ),
    );
  }

  load(state: Tensors): void {
    const entries = Object.entries(state).map(([key, tensor]) => {
      const [kind, ...name] = key.split('/');
      const remembered = this.#variables.get(kind!);
      if (remembered === undefined || name.length === 0) {
        throw new TypeError(
          `an optimiser's state holds ${[...this.#variables.keys()].join(' and ')} by parameter, got ${key}`,
        );
      }
      return { remembered, name: name.join('/'), tensor };
    });
    this.dispose();
    for (const { remembered, name, tensor } of entries) remembered.set(name, tf.variable(tensor, false));
  }

  dispose(): void {
    for (const remembered of this.#variables.values()) {
      for (const variable of remembered.values()) variable.dispose();
      remembered.clear();
    }
  }
}
