import * as tf from '@tensorflow/tfjs';
import { CANDIDATES } from '@unnas/genotype';
import { moveAverages, type Tensors, valueAndGradients } from '@unnas/nn';
import { nodeWeights, Pass, Place, searchCell } from '@unnas/supernet';
import { describe, expect, it } from 'vitest';
import { selectBackend } from '../golden/select-backend.ts';

interface Case {
  readonly channels: number;
  readonly size: readonly [height: number, width: number];
  readonly reduction: boolean;
  readonly previousReduction: boolean;
}

const FROM = [3, 8] as const;
const SPACE = { candidates: CANDIDATES, nodes: 4 };

/** The output of a cell, all gradients and all running statistics, on the backend of the moment. */
function cell({ channels, size: [height, width], reduction, previousReduction }: Case): Tensors {
  return tf.tidy(() => {
    let seed = 1;
    const normal = (shape: readonly number[]) => tf.randomNormal([...shape], 0, 1, 'float32', seed++);
    const place = Place.root();
    const run = searchCell(place, { from: FROM, channels, reduction, previousReduction }, SPACE);
    const larger = (side: number) => (previousReduction ? 2 * side - (side % 2) : side);
    const inputs = {
      s0: normal([2, larger(height), larger(width), FROM[0]]),
      s1: normal([2, height, width, FROM[1]]),
      alpha: normal([14, CANDIDATES.length]),
    };
    const { declaration } = place;
    const filters = [...declaration.parameters].map(([name, { shape }]) => [name, normal(shape).mul(0.5)]);
    const parameters = Object.fromEntries(filters) as Tensors;
    const statistics = Object.fromEntries(
      [...declaration.statistics].map(([name, shape]) => [name, tf.ones([...shape])]),
    );
    const { y, observed, gradients } = valueAndGradients(
      () => {
        const pass = new Pass({ parameters, statistics, training: true });
        const weights = nodeWeights(tf.softmax(inputs.alpha) as tf.Tensor2D, SPACE);
        const y = run(inputs.s0 as tf.Tensor4D, inputs.s1 as tf.Tensor4D, pass, weights);
        seed = 1000;
        return { loss: y.mul(normal(y.shape)).sum() as tf.Scalar, y, observed: pass.observed };
      },
      { ...parameters, ...inputs },
    );
    const running = Object.fromEntries(
      Object.entries(statistics).map(([name, tensor]) => [name, tf.variable(tensor, false)]),
    );
    moveAverages(running, observed);
    const updated = Object.fromEntries(
      Object.entries(running).map(([name, variable]) => [name, variable.clone()]),
    );
    tf.dispose(running);
    return { y, ...updated, ...gradients };
  });
}

async function on(backend: string, one: Case): Promise<Map<string, Float32Array>> {
  await selectBackend(backend);
  const tensors = Object.entries(cell(one));
  const values = new Map(tensors.map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]));
  tf.dispose(tensors.map(([, tensor]) => tensor));
  return values;
}

const norm = (values: Float32Array) => Math.hypot(...values);

describe('a cell of the supernet', () => {
  it.each<Case>([
    { channels: 6, size: [7, 5], reduction: true, previousReduction: true },
    { channels: 10, size: [5, 6], reduction: true, previousReduction: false },
    { channels: 12, size: [3, 9], reduction: false, previousReduction: true },
    { channels: 36, size: [5, 3], reduction: true, previousReduction: false },
    { channels: 5, size: [6, 7], reduction: false, previousReduction: false },
    { channels: 3, size: [1, 2], reduction: false, previousReduction: false },
  ])('is on native what it is on stock tfjs, with $channels channels at $size', async (one) => {
    const expected = await on('cpu', one);
    const actual = await on('native', one);
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    const largest = Math.max(...[...expected.values()].map(norm));
    for (const [name, values] of expected) {
      const distance = norm(actual.get(name)!.map((value, i) => value - values[i]!));
      expect(distance / Math.max(norm(values), 1e-3 * largest), name).toBeLessThan(1e-4);
    }
  });
});
