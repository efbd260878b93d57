import * as tf from '@tensorflow/tfjs';
import { adam, sgd } from '@unnas/nn';
import { Random } from '@unnas/random';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  firstOrderAlphaStep,
  type Model,
  secondOrderAlphaStep,
  secondOrderGradients,
  type Trained,
  weightStep,
} from './darts-step.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => tf.disposeVariables());

type Batch = { x: tf.Tensor1D; y: tf.Tensor1D };

/** logits = alpha0^2 u^2 x + alpha1 v; loss = mean (logits - y)^2: all of its derivatives can be written down. */
const model: Model<Batch> = {
  pass({ parameters, alphas }, { x, y }) {
    const alpha = alphas.normal!.gather(tf.tensor1d([0], 'int32')).squeeze();
    const beta = alphas.normal!.gather(tf.tensor1d([1], 'int32')).squeeze();
    const logits = x.mul(alpha.square()).mul(parameters.u!.square()).add(parameters.v!.mul(beta));
    const loss = logits.sub(y).square().mean() as tf.Scalar;
    return { loss, logits, observed: [{ names: ['count'], values: tf.scalar(1), scale: 1 }] };
  },
  tally: (logits, { y }) => [logits.sub(y).abs().less(1).sum().dataSync()[0]!],
};

interface Values {
  u: number;
  v: number;
  alpha: number;
  beta: number;
}
interface Numbers {
  x: number[];
  y: number[];
}
const weightBatch: Numbers = { x: [0.5, -1, 2], y: [1, 0.3, -0.7] };
const alphaBatch: Numbers = { x: [1.5, 0.2, -0.4], y: [-1, 0.6, 0.1] };
const start: Values = { u: 0.9, v: -0.4, alpha: 1.1, beta: 0.7 };

/** The same loss in doubles. */
const lossOf = ({ u, v, alpha, beta }: Values, { x, y }: Numbers) =>
  x.reduce((sum, xi, i) => sum + (alpha ** 2 * u ** 2 * xi + beta * v - y[i]!) ** 2, 0) / x.length;

/** Central difference of a function of one of the values. */
const slope = (f: (at: Values) => number, at: Values, name: keyof Values, h = 1e-6) =>
  (f({ ...at, [name]: at[name] + h }) - f({ ...at, [name]: at[name] - h })) / (2 * h);

const tensors = ({ x, y }: Numbers): Batch => ({ x: tf.tensor1d(x), y: tf.tensor1d(y) });

const MOMENTUM = 0.9;
const DECAY = 0.01;

function trainedFrom({ u, v, alpha, beta }: Values): Trained {
  return {
    parameters: { u: tf.variable(tf.scalar(u)), v: tf.variable(tf.scalar(v)) },
    statistics: { count: tf.variable(tf.scalar(0)) },
    alphas: { normal: tf.variable(tf.tensor1d([alpha, beta])) },
    weightOptimizer: sgd({ momentum: MOMENTUM, weightDecay: DECAY }),
    alphaOptimizer: adam({ beta1: 0.5, weightDecay: 1e-3 }),
  };
}

const valuesOf = ({ parameters, alphas }: Trained): Values => {
  const [alpha, beta] = alphas.normal!.dataSync();
  return { u: parameters.u!.dataSync()[0]!, v: parameters.v!.dataSync()[0]!, alpha: alpha!, beta: beta! };
};
/** The passes that moved the statistics: each takes the average of ones from 0 on by a tenth of what is left. */
const passes = ({ statistics }: Trained) =>
  Math.round(Math.log(1 - statistics.count!.dataSync()[0]!) / Math.log(0.9));

describe('weightStep', () => {
  it('clips the gradients of the weights, then moves them with momentum and decay, and the alphas not at all', () => {
    const trained = trainedFrom(start);
    const at = { ...start };
    const velocity = { u: 0, v: 0 };
    for (let step = 0; step < 3; step++) {
      const learningRate = 0.05 / (step + 1);
      const loss = lossOf(at, weightBatch);
      const gradient = {
        u: slope((p) => lossOf(p, weightBatch), at, 'u'),
        v: slope((p) => lossOf(p, weightBatch), at, 'v'),
      };
      const norm = Math.hypot(gradient.u, gradient.v);
      const clip = 0.5;
      expect(norm).toBeGreaterThan(clip);
      for (const name of ['u', 'v'] as const) {
        velocity[name] =
          MOMENTUM * velocity[name] + (gradient[name] * clip) / (norm + 1e-6) + DECAY * at[name];
        at[name] -= learningRate * velocity[name];
      }
      const result = weightStep(model, trained, tensors(weightBatch), { learningRate, clip });
      expect(result.loss).toBeCloseTo(loss, 5);
      expect(result.gradientNorm).toBeCloseTo(norm, 4);
      const now = valuesOf(trained);
      expect(now.u).toBeCloseTo(at.u, 5);
      expect(now.v).toBeCloseTo(at.v, 5);
      expect([now.alpha, now.beta]).toEqual([Math.fround(start.alpha), Math.fround(start.beta)]);
      expect(passes(trained)).toBe(step + 1);
    }
  });
});

describe('firstOrderAlphaStep', () => {
  it('moves the alphas against the gradient at the current weights, and nothing else', () => {
    const trained = trainedFrom(start);
    const result = firstOrderAlphaStep(model, trained, tensors(alphaBatch), { learningRate: 0.01 });
    const now = valuesOf(trained);
    expect([now.u, now.v]).toEqual([Math.fround(start.u), Math.fround(start.v)]);
    const gradients = (['alpha', 'beta'] as const).map((name) =>
      slope((p) => lossOf(p, alphaBatch), start, name),
    );
    expect(result.loss).toBeCloseTo(lossOf(start, alphaBatch), 5);
    expect(result.gradientNorm).toBeCloseTo(Math.hypot(...gradients), 4);
    // The first step of Adam goes by the learning rate, against the sign.
    expect(now.alpha).toBeCloseTo(start.alpha - 0.01 * Math.sign(gradients[0]!), 5);
    expect(now.beta).toBeCloseTo(start.beta - 0.01 * Math.sign(gradients[1]!), 5);
    expect(passes(trained)).toBe(1);
  });
});

describe('secondOrderGradients', () => {
  it('is the derivative of the loss after a weight step, momentum and decay included', () => {
    const trained = trainedFrom(start);
    // A step first, so that there is a velocity.
    weightStep(model, trained, tensors(weightBatch), { learningRate: 0.05, clip: 100 });
    const at = valuesOf(trained);
    const velocity = trained.weightOptimizer.state();
    const lr = 0.1;
    const ahead = (p: Values): Values => {
      const moved = (name: 'u' | 'v') => {
        const gradient = slope((q) => lossOf(q, weightBatch), p, name, 1e-4);
        return (
          at[name] -
          lr * (MOMENTUM * velocity[`velocity/${name}`]!.dataSync()[0]! + gradient + DECAY * at[name])
        );
      };
      return { ...p, u: moved('u'), v: moved('v') };
    };
    const options = { weightLearningRate: lr, momentum: MOMENTUM, weightDecay: DECAY };
    const parts = secondOrderGradients(model, trained, tensors(alphaBatch), tensors(weightBatch), options);
    expect(parts.loss.dataSync()[0]).toBeCloseTo(lossOf(ahead(at), alphaBatch), 5);
    const found = parts.gradients.normal!.dataSync();
    const direct = parts.direct.normal!.dataSync();
    (['alpha', 'beta'] as const).forEach((name, i) => {
      const exact = slope((p) => lossOf(ahead(p), alphaBatch), at, name, 1e-4);
      expect(found[i]).toBeCloseTo(exact, 2);
      // The part that goes through the weights matters: without it the number is another.
      expect(Math.abs(direct[i]! - exact)).toBeGreaterThan(0.05);
    });
  });
});

describe('all steps', () => {
  it('leave no tensors behind', () => {
    const trained = trainedFrom(start);
    const random = Random.of(1);
    const draw = (): Batch =>
      tensors({ x: [random.normal(), random.normal()], y: [random.normal(), random.normal()] });
    const counts: number[] = [];
    for (let step = 0; step < 4; step++) {
      const [a, b] = [draw(), draw()];
      firstOrderAlphaStep(model, trained, a, { learningRate: 1e-3 });
      secondOrderAlphaStep(model, trained, a, b, {
        learningRate: 1e-3,
        weightLearningRate: 0.01,
        momentum: MOMENTUM,
        weightDecay: DECAY,
      });
      weightStep(model, trained, b, { learningRate: 0.01, clip: 5 });
      tf.dispose([a, b]);
      counts.push(tf.memory().numTensors);
    }
    expect(counts).toEqual(counts.map(() => counts[0]));
    expect(passes(trained)).toBe(12);
  });
});
