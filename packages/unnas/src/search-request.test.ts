import { resolve } from 'node:path';
import { settingsOf } from '@unnas/search';
import { expect, test } from 'vitest';
import { PRESETS, type PresetName } from './preset-names.ts';
import { presetRequest, SEARCHES } from './presets.ts';
import { originOf, searchRequest, searchSettings } from './search-request.ts';
import { taskOf } from './task-choice.ts';

test('what is not said is as in the full search on CIFAR-10 of its task', () => {
  expect(searchRequest({})).toEqual(presetRequest('cifar10-rotation'));
  for (const task of ['rotation', 'colorization', 'jigsaw', 'classification'] as const) {
    expect(searchRequest({ task })).toEqual(presetRequest(`cifar10-${task}`));
  }
  expect(searchRequest({ preset: 'quick', epochs: 3 })).toEqual({ ...presetRequest('quick'), epochs: 3 });
});

test.each(Object.keys(SEARCHES) as (keyof typeof SEARCHES)[])(
  'the preset %s of the command line and that of the library are the same search',
  (name) => {
    const { task, space, algorithm, ...numbers } = SEARCHES[name]();
    const request = presetRequest(name);
    const settings = searchSettings({ ...request, data: '.' });
    expect(settings.space).toEqual(space);
    expect(settings.algorithm).toMatchObject({ name: algorithm.name, options: algorithm.options });
    const { space: _, algorithm: __, stopAfterSkips: ___, ...others } = settings;
    // What the command line does not set has the defaults of a search; so have the presets.
    expect(settingsOf(others)).toEqual(settingsOf(numbers));
    const { name: taskName, options } = taskOf(request, task.classes);
    expect({ name: taskName, options }).toEqual({ name: task.name, options: task.options });
  },
);

test('every preset comes back from the config of a run', () => {
  for (const name of Object.keys(PRESETS) as PresetName[]) {
    const request = searchRequest({ preset: name, data: '.' });
    const config = { origin: { request, skipped: [], machine: { processor: 'x', threads: 2 } } };
    expect(originOf(JSON.parse(JSON.stringify(config)))?.request).toEqual(request);
  }
  expect(originOf({ origin: null })).toBeUndefined();
  expect(originOf({ origin: { data: 'of another program' } })).toBeUndefined();
});

test('a preset on data that cannot be fetched says which folder it takes', () => {
  expect(() => searchRequest({ preset: 'imagenet-jigsaw' })).toThrow(
    'ImageNet-1K cannot be fetched: this search takes --data DIR, its folder, with DIR/train/n########/*.JPEG',
  );
  expect(() => searchRequest({ preset: 'cityscapes-rotation' })).toThrow('DIR/leftImg8bit/train/CITY');
  expect(() => searchRequest({ task: 'segmentation' })).toThrow('Cityscapes cannot be fetched');
});

test('a folder is kept as an absolute path, a name as it is', () => {
  expect(searchRequest({ data: './photos' }).data).toBe(resolve('photos'));
  expect(searchRequest({ data: 'cifar10' }).data).toBe('cifar10');
  expect(() => searchRequest({ data: 'cifar-10' })).toThrow("did you mean 'cifar10'?");
});

test('another grid has permutations of its own', () => {
  expect(searchRequest({ task: 'jigsaw' })).toMatchObject({ grid: 2, permutations: 24 });
  expect(searchRequest({ task: 'jigsaw', grid: 3 })).toMatchObject({ grid: 3, permutations: null });
  expect(searchRequest({ task: 'jigsaw', grid: 3, permutations: 50 })).toMatchObject({ permutations: 50 });
});

test('a setting of another algorithm or task is refused', () => {
  expect(() => searchRequest({ samples: 4 })).toThrow('--samples is a setting of random');
  expect(() => searchRequest({ algorithm: 'random', alphaStart: 1 })).toThrow(
    '--alpha-start is a setting of darts',
  );
  expect(() => searchRequest({ classes: 4 })).toThrow(
    '--classes is a setting of classification and segmentation, and this is a search with rotation',
  );
  expect(() => searchRequest({ grid: 3 })).toThrow('--grid is a setting of jigsaw');
});
