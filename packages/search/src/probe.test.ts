import * as tf from '@tensorflow/tfjs';
import { rotation } from '@unnas/pretext';
import { expect, it } from 'vitest';
import { tinyPictures, tinySpace } from '../fixtures/tiny-pictures.ts';
import { darts } from './darts.ts';
import { type Probe, probe } from './probe.ts';
import { randomSearch } from './random-search.ts';

function options() {
  let peak = 0;
  return {
    task: rotation(),
    source: tinyPictures({ count: 12 }),
    space: tinySpace(),
    algorithm: darts(),
    epochs: 1,
    batch: 6,
    peakBytes: () => ++peak,
    arrayBytes: () => 10 * peak,
  };
}

it.each([darts(), darts({ order: 2, alphaStart: 0.5 }), randomSearch({ samples: 2 })])(
  'tries steps of $name with growing batches up to that of the search',
  async (algorithm) => {
    await tf.ready();
    const tensors = tf.memory().numTensors;
    const probes: Probe[] = [];
    for await (const one of probe({ ...options(), algorithm })) probes.push(one);
    expect(probes.map(({ batch }) => batch)).toEqual([1, 2, 4, 6]);
    expect(probes.map(({ peakBytes }) => peakBytes)).toEqual([1, 2, 3, 4]);
    expect(probes.map(({ arrayBytes }) => arrayBytes)).toEqual([10, 20, 30, 40]);
    for (const { batch, batchBytes, stepSeconds, weightSeconds, scoreSeconds } of probes) {
      // Four turns of 4 x 4 x 3 floats and a class each.
      expect(batchBytes).toBe(4 * 4 * batch * (4 * 4 * 3 + 1));
      expect(Math.min(stepSeconds, weightSeconds, scoreSeconds)).toBeGreaterThan(0);
    }
    expect(tf.memory().numTensors).toBe(tensors);
  },
);

it('leaves nothing behind when it is broken off', async () => {
  await tf.ready();
  const tensors = tf.memory().numTensors;
  for await (const { batch } of probe(options())) if (batch === 2) break;
  expect(tf.memory().numTensors).toBe(tensors);
});

it('refuses what a search would refuse', async () => {
  const first = probe({ ...options(), algorithm: darts({ alphaStart: 3 }) }).next();
  await expect(first).rejects.toThrow('the alphas start at epoch 3, but the search ends at epoch 1');
});
