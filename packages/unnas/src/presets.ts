import type { Picture } from '@unnas/images';
import { cifar10Classification, cifar10Rotation, type DartsOptions, type Preset } from '@unnas/search';
import type { PresetName } from './preset-names.ts';
import type { SearchRequest } from './search-request.ts';

/** The settings of a preset as plain values. */
export function presetRequest(name: PresetName): SearchRequest {
  switch (name) {
    case 'cifar10-rotation':
      return onCifar10(cifar10Rotation());
    case 'cifar10-classification':
      return onCifar10(cifar10Classification());
    case 'quick':
      // 32 steps an epoch. Four channels: twice as many steps in the same time do more here than twice as many channels.
      return {
        ...onCifar10(cifar10Rotation()),
        limit: 1024,
        cells: 3,
        channels: 4,
        epochs: 6,
        learningRate: 0.1,
        minimumLearningRate: 0.001,
        alphaLearningRate: 3e-3,
        alphaStart: 1,
        scored: 256,
      };
    case 'tiny':
      return {
        ...presetRequest('quick'),
        limit: 16,
        cells: 2,
        channels: 2,
        epochs: 2,
        batch: 4,
        alphaStart: 0,
        scored: null,
      };
  }
}

function onCifar10<P extends Picture>({ task, space, algorithm, ...preset }: Preset<P>): SearchRequest {
  const { order, learningRate: alphaLearningRate, alphaStart } = algorithm.options as unknown as DartsOptions;
  const {
    epochs,
    batch,
    seed = 0,
    learningRate,
    minimumLearningRate,
    weightDecay,
  } = preset as Required<Preset<P>>;
  return {
    task: task.labels === 'none' ? 'rotation' : 'classification',
    classes: null,
    data: 'cifar10',
    size: 32,
    limit: null,
    maxBroken: 0.1,
    cells: space.cells,
    channels: space.channels,
    stem: space.stem,
    epochs,
    batch,
    seed,
    algorithm: 'darts',
    order,
    alphaLearningRate,
    alphaStart,
    samples: 8,
    learningRate,
    minimumLearningRate,
    weightDecay,
    scored: null,
    stopOnCollapse: null,
  };
}
