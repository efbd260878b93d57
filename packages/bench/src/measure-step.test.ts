import * as tf from '@tensorflow/tfjs';
import { publishedGenotypes } from '@unnas/genotype';
import { registerNativeBackend } from '@unnas/native';
import { describe, expect, it } from 'vitest';
import { measureStep } from './measure-step.ts';
import { STEP_KINDS } from './step-cost.ts';

const TINY = { cells: 1, channels: 2, stem: 'cifar', classes: 3, size: 6, batch: 2, seed: 1 } as const;

async function use(backend: string): Promise<void> {
  if (backend === 'native') expect(await registerNativeBackend()).toBe(true);
  else await tf.setBackend(backend);
}

describe.each(['native', 'cpu'])('a step on %s', (backend) => {
  it.each(STEP_KINDS)('of kind %s is measured after a first one', async (kind) => {
    await use(backend);
    const told: number[] = [];
    const record = await measureStep({ ...TINY, kind, steps: 2, onStep: (i) => told.push(i) });
    expect(told).toEqual([0, 1, 2]);
    expect(record).toMatchObject({ ...TINY, kind, backend, network: 'supernet' });
    expect(record.milliseconds).toHaveLength(2);
    expect(record.losses).toHaveLength(3);
    for (const number of [...record.milliseconds, record.firstMilliseconds, record.peakResidentMiB])
      expect(number).toBeGreaterThan(0);
    const native = backend === 'native';
    expect(record.threads !== null).toBe(native);
    expect(record.isa !== null).toBe(native);
    expect(record.kernels.length > 0).toBe(native);
    const outside = record.shareOutsideKernels;
    expect(native ? outside! > 0 && outside! < 1 : outside === null).toBe(true);
    // It is one line of JSON, and nothing gets lost in it.
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });

  it('leaves no tensor behind', async () => {
    await use(backend);
    const before = tf.memory().numTensors;
    await measureStep({ ...TINY, kind: 'second-order', steps: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('the weights learn the batch, the same on both backends', async () => {
  const losses: number[][] = [];
  for (const backend of ['native', 'cpu']) {
    await use(backend);
    losses.push((await measureStep({ ...TINY, kind: 'weight', steps: 2 })).losses);
  }
  expect(losses[0]![2]).toBeLessThan(losses[0]![0]!);
  for (const [i, loss] of losses[0]!.entries()) expect(loss).toBeCloseTo(losses[1]![i]!, 3);
});

it('a derived network has the parameters of its genotype', async () => {
  await use('native');
  const genotype = publishedGenotypes.darts_v2;
  const record = await measureStep({
    ...TINY,
    cells: 3,
    kind: 'weight',
    genotype,
    network: 'darts_v2',
    steps: 1,
  });
  expect(record).toMatchObject({ network: 'darts_v2', kind: 'weight' });
  expect(record).not.toHaveProperty('genotype');
  expect(record.parameters).toBeGreaterThan(0);
});
