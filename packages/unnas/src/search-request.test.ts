import { resolve } from 'node:path';
import { cifar10Rotation } from '@unnas/search';
import { expect, test } from 'vitest';
import { PRESETS, type PresetName } from './preset-names.ts';
import { presetRequest } from './presets.ts';
import { originOf, searchRequest, searchSettings } from './search-request.ts';

test('what is not said is as in the full search on CIFAR-10 of its task', () => {
  expect(searchRequest({})).toEqual(presetRequest('cifar10-rotation'));
  expect(searchRequest({ task: 'classification' })).toEqual(presetRequest('cifar10-classification'));
  expect(searchRequest({ preset: 'quick', epochs: 3 })).toEqual({ ...presetRequest('quick'), epochs: 3 });
});

test('the preset of the command line and that of the library are the same search', () => {
  const { task: _, space, algorithm, seed, ...numbers } = cifar10Rotation();
  const settings = searchSettings(presetRequest('cifar10-rotation'));
  expect(settings.space).toEqual(space);
  expect(settings.algorithm).toMatchObject({ name: algorithm.name, options: algorithm.options });
  expect(settings).toMatchObject({ seed, epochs: numbers.epochs, batch: numbers.batch });
  expect(settings.learningRate).toBe(numbers.learningRate);
});

test('every preset comes back from the config of a run', () => {
  for (const name of Object.keys(PRESETS) as PresetName[]) {
    const request = searchRequest({ preset: name });
    const config = { origin: { request, skipped: [], machine: { processor: 'x', threads: 2 } } };
    expect(originOf(JSON.parse(JSON.stringify(config)))?.request).toEqual(request);
  }
  expect(originOf({ origin: null })).toBeUndefined();
  expect(originOf({ origin: { data: 'of another program' } })).toBeUndefined();
});

test('a folder is kept as an absolute path, a name as it is', () => {
  expect(searchRequest({ data: './photos' }).data).toBe(resolve('photos'));
  expect(searchRequest({ data: 'cifar10' }).data).toBe('cifar10');
  expect(() => searchRequest({ data: 'cifar-10' })).toThrow("did you mean 'cifar10'?");
});

test('a setting of another algorithm or task is refused', () => {
  expect(() => searchRequest({ samples: 4 })).toThrow('--samples is a setting of random');
  expect(() => searchRequest({ algorithm: 'random', alphaStart: 1 })).toThrow(
    '--alpha-start is a setting of darts',
  );
  expect(() => searchRequest({ classes: 4 })).toThrow('--classes is a setting of classification');
});
