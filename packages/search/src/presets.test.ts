import { describe, expect, it } from 'vitest';
import { cifar10Classification, cifar10Colorization, cifar10Jigsaw, cifar10Rotation } from './presets.ts';
import { settingsOf } from './settings.ts';

describe('the presets for CIFAR-10', () => {
  it('have the values of the original search with labels', () => {
    const { task, space, algorithm, ...rest } = cifar10Classification();
    expect([task.name, task.classes]).toEqual(['classification', 10]);
    expect(space).toMatchObject({ cells: 8, channels: 16, stem: 'cifar' });
    expect(algorithm.options).toEqual({
      order: 1,
      learningRate: 3e-4,
      beta1: 0.5,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 1e-3,
      alphaStart: 0,
    });
    expect(settingsOf(rest)).toMatchObject({
      epochs: 50,
      batch: 64,
      portion: 0.5,
      learningRate: 0.025,
      minimumLearningRate: 0.001,
      momentum: 0.9,
      weightDecay: 3e-4,
      clip: 5,
    });
  });

  it.each([cifar10Rotation(), cifar10Jigsaw(), cifar10Colorization()])(
    'give a step of $task.name as many rows, and rates for as many pictures',
    (turns) => {
      const labels = cifar10Classification();
      expect(turns.batch * turns.task.views).toBe(labels.batch);
      const share = turns.batch / labels.batch;
      expect(turns.learningRate).toBe(labels.learningRate! * share);
      expect(turns.minimumLearningRate).toBe(labels.minimumLearningRate! * share);
      expect(turns.algorithm.options.learningRate).toBe(
        (labels.algorithm.options.learningRate as number) * share,
      );
      turns.algorithm.check(settingsOf(turns));
    },
  );
});
