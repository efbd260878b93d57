import {
  cifar10Classification,
  cifar10Colorization,
  cifar10Jigsaw,
  cifar10Rotation,
  cityscapesColorization,
  cityscapesJigsaw,
  cityscapesRotation,
  cityscapesSegmentation,
  type DartsOptions,
  imagenet22kClassification,
  imagenet22kColorization,
  imagenet22kJigsaw,
  imagenet22kRotation,
  imagenetClassification,
  imagenetColorization,
  imagenetJigsaw,
  imagenetRotation,
  type Preset,
} from '@unnas/search';
import { DATA_LAYOUTS, type DataSetName } from './data-layouts.ts';
import { PRESETS, type PresetName } from './preset-names.ts';
import type { SearchRequest } from './search-request.ts';
import { choiceOf } from './task-choice.ts';

/** The settings of a preset as plain values. `data` is null where a data set cannot be fetched: the user says where it is. */
export type PresetRequest = Omit<SearchRequest, 'data'> & { readonly data: string | null };

/** The search that each preset is; small ones are made from a full one. */
export const SEARCHES: Readonly<Record<Exclude<PresetName, 'quick' | 'tiny'>, () => Preset<never>>> = {
  'cifar10-rotation': cifar10Rotation,
  'cifar10-colorization': cifar10Colorization,
  'cifar10-jigsaw': cifar10Jigsaw,
  'cifar10-classification': cifar10Classification,
  'imagenet-rotation': imagenetRotation,
  'imagenet-colorization': imagenetColorization,
  'imagenet-jigsaw': imagenetJigsaw,
  'imagenet-classification': imagenetClassification,
  'imagenet22k-rotation': imagenet22kRotation,
  'imagenet22k-colorization': imagenet22kColorization,
  'imagenet22k-jigsaw': imagenet22kJigsaw,
  'imagenet22k-classification': imagenet22kClassification,
  'cityscapes-rotation': cityscapesRotation,
  'cityscapes-colorization': cityscapesColorization,
  'cityscapes-jigsaw': cityscapesJigsaw,
  'cityscapes-segmentation': cityscapesSegmentation,
};

export function presetRequest(name: PresetName): PresetRequest {
  switch (name) {
    case 'quick':
      // 32 steps an epoch. Four channels: twice as many steps in the same time do more here than twice as many channels.
      return {
        ...presetRequest('cifar10-rotation'),
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
    default:
      return requestOf(SEARCHES[name](), PRESETS[name].data);
  }
}

function requestOf(preset: Preset<never>, dataSet: DataSetName): PresetRequest {
  const { task, space, algorithm, epochs, batch, seed = 0 } = preset;
  const { order, learningRate: alphaLearningRate, alphaStart } = algorithm.options as unknown as DartsOptions;
  const { learningRate, minimumLearningRate, weightDecay } = preset as Required<Preset<never>>;
  return {
    ...choiceOf(task),
    data: dataSet === 'cifar10' ? dataSet : null,
    size: DATA_LAYOUTS[dataSet].size,
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
