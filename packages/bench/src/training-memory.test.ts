import * as tf from '@tensorflow/tfjs';
import { publishedGenotypes } from '@unnas/genotype';
import { registerNativeBackend } from '@unnas/native';
import { dartsSpace, derivedNetwork, supernet } from '@unnas/supernet';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainingStep } from './training-step.ts';

interface Size {
  readonly cells: number;
  readonly channels: number;
  readonly stem: 'cifar' | 'imagenet';
  readonly size: number;
  readonly batch: number;
  /** Of a derived network, in place of a supernet. */
  readonly name?: keyof typeof publishedGenotypes;
}

describe('memory of a training step', () => {
  beforeAll(async () => expect(await registerNativeBackend()).toBe(true));
  const peak = () => (tf.backend().memory() as unknown as { native: { peak: number } }).native.peak;

  // Each larger than the one before: the backend tells the peak of all steps.
  it.each<Size>([
    { cells: 3, channels: 4, stem: 'imagenet', size: 96, batch: 16 },
    { cells: 5, channels: 8, stem: 'cifar', size: 15, batch: 12 },
    { cells: 8, channels: 16, stem: 'cifar', size: 32, batch: 4 },
    { cells: 20, channels: 36, stem: 'cifar', size: 32, batch: 4, name: 'darts_v2' },
    { cells: 8, channels: 24, stem: 'imagenet', size: 224, batch: 20, name: 'unnas_imagenet_rot' },
  ])('is about what the network says beforehand: $cells cells, $channels channels, $stem $name', (one) => {
    const { name, ...sizes } = one;
    const genotype = name && publishedGenotypes[name];
    const { size, batch, ...stack } = sizes;
    const network = genotype
      ? derivedNetwork(genotype, { ...stack, classes: 10 })
      : supernet(dartsSpace(stack), { classes: 10 });
    const expected = network.trainingMemory(batch, size);
    const step = trainingStep({
      ...{ ...sizes, kind: 'weight', classes: 10, seed: 0 },
      ...(genotype ? { genotype } : {}),
    });
    step.run();
    step.dispose();
    expect(peak() / expected).toBeGreaterThan(0.8);
    expect(peak() / expected).toBeLessThan(1.4);
  });

  it('is not known on a backend that composes cells of smaller ops', async () => {
    await tf.setBackend('cpu');
    expect(supernet(dartsSpace(), { classes: 10 }).trainingMemory(64, 32)).toBe(0);
    await tf.setBackend('native');
  });
});
