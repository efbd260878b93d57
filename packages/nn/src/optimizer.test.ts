import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam, type Optimizer, sgd } from './optimizer.ts';

beforeAll(() => tf.setBackend('cpu'));

const number = fc.float({ min: -3, max: 3, noNaN: true }).map(Math.fround);
const gradients = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 5 });
// Where a gradient is next to nothing, Adam divides nothing by nothing.
const clear = gradients.map((steps) => steps.map((step) => step.map((g) => g + (g < 0 ? -0.1 : 0.1))));
const rate = 0.1;

const variable = (value: number) => tf.tidy(() => tf.variable(tf.tensor1d([value])));

/** Runs an optimiser on two parameters, one value each, and returns where they end. */
function run(
  optimizer: Optimizer,
  start: number[],
  steps: readonly (readonly number[])[],
  scale?: number,
): number[] {
  const parameters = { a: variable(start[0]!), b: variable(start[1]!) };
  for (const [a, b] of steps) {
    tf.tidy(() => {
      optimizer.step(
        parameters,
        { a: tf.tensor1d([a!]), b: tf.tensor1d([b!]), other: tf.scalar(1) },
        rate,
        scale,
      );
    });
  }
  const end = [parameters.a.dataSync()[0]!, parameters.b.dataSync()[0]!];
  tf.dispose(parameters);
  return end;
}

function expectClose(actual: number[], expected: number[]): void {
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
}

describe('sgd', () => {
  it('follows its formula, with and without Nesterov momentum', () => {
    fc.assert(
      fc.property(fc.boolean(), gradients, number, (nesterov, steps, start) => {
        const [momentum, weightDecay, scale] = [0.9, 0.01, 0.5];
        const expected = [0, 1].map((i) => {
          let p = start;
          let v = 0;
          for (const step of steps) {
            const g = scale * step[i]! + weightDecay * p;
            v = momentum * v + g;
            p -= rate * (nesterov ? g + momentum * v : v);
          }
          return p;
        });
        const optimizer = sgd({ momentum, weightDecay, nesterov });
        expectClose(run(optimizer, [start, start], steps, scale), expected);
        optimizer.dispose();
      }),
    );
  });
});

describe('adam', () => {
  it('follows its formula', () => {
    fc.assert(
      fc.property(clear, number, (steps, start) => {
        const [beta1, beta2, epsilon, weightDecay] = [0.5, 0.999, 1e-8, 0.001];
        const expected = [0, 1].map((i) => {
          let p = start;
          let m = 0;
          let s = 0;
          steps.forEach((step, t) => {
            const g = step[i]! + weightDecay * p;
            m = beta1 * m + (1 - beta1) * g;
            s = beta2 * s + (1 - beta2) * g * g;
            const deviation = Math.sqrt(s / (1 - beta2 ** (t + 1))) + epsilon;
            p -= (rate * m) / (1 - beta1 ** (t + 1)) / deviation;
          });
          return p;
        });
        const optimizer = adam({ beta1, beta2, epsilon, weightDecay });
        expectClose(run(optimizer, [start, start], steps), expected);
        optimizer.dispose();
      }),
    );
  });
});

describe.each([
  ['sgd', () => sgd({ momentum: 0.9, weightDecay: 1e-3 }), ['velocity/a', 'velocity/b']],
  ['adam', () => adam({ beta1: 0.5 }), ['first/a', 'first/b', 'second/a', 'second/b', 'step']],
] as const)('the state of %s', (_name, make, names) => {
  const steps = [
    [1, -2],
    [0.5, 1],
    [-1, 3],
  ];

  it('continues to the bit in another optimiser', () => {
    const whole = make();
    const end = run(whole, [1, 2], steps);
    const first = make();
    const middle = run(first, [1, 2], steps.slice(0, 2));
    const state = first.state();
    expect(Object.keys(state).sort()).toEqual(names);
    const second = make();
    second.load(state);
    expect(run(second, middle, steps.slice(2))).toEqual(end);
  });

  it('takes no more tensors after the first step, and none after it is disposed of', () => {
    const before = tf.memory().numTensors;
    const parameters = { a: variable(1), b: variable(2) };
    const slopes = { a: tf.tensor1d([1]), b: tf.tensor1d([1]) };
    const optimizer = make();
    optimizer.step(parameters, slopes, rate);
    const after = tf.memory();
    for (let i = 0; i < 5; i++) optimizer.step(parameters, slopes, rate);
    expect(tf.memory().numTensors).toBe(after.numTensors);
    expect(tf.memory().numBytes).toBe(after.numBytes);
    tf.dispose(optimizer.state());
    optimizer.dispose();
    tf.dispose([parameters, slopes]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses gradients that do not fit and a state of another kind', () => {
    const parameters = { a: variable(1) };
    expect(() => make().step(parameters, {}, rate)).toThrow(
      'parameter a of shape 1 has a gradient of shape none',
    );
    expect(() => make().step(parameters, { a: tf.ones([2]) }, rate)).toThrow('gradient of shape 2');
    expect(() => make().load({ 'speed/a': tf.ones([1]), step: tf.scalar(1, 'int32') })).toThrow(
      /got (speed\/a|step)/,
    );
  });
});
