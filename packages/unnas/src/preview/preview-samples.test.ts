import type { LabeledPicture, SegmentedPicture } from '@unnas/images';
import {
  classification,
  jigsaw,
  type PermutationSet,
  permutationSet,
  rotation,
  segmentation,
  type Task,
} from '@unnas/pretext';
import { Random } from '@unnas/random';
import { expect, test } from 'vitest';
import type { TaskName } from '../task-names.ts';
import { hue } from './class-colours.ts';
import { previewSamples } from './preview-samples.ts';

const SIZE = 18;
const set = {
  preparation: 'cifar',
  size: SIZE,
  mean: [0.5, 0.5, 0.5],
  deviation: [0.25, 0.25, 0.25],
} as const;

type AnyPicture = LabeledPicture & SegmentedPicture;

function pictures(): AnyPicture[] {
  return [0, 1].map((label) => {
    const random = Random.of(3, label);
    return {
      height: SIZE,
      width: SIZE,
      data: Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(256)),
      label,
      labelMap: new Uint8Array(SIZE * SIZE).fill(label, 0, SIZE).fill(255, SIZE),
    };
  });
}

function samples(task: Task<AnyPicture>, options: { grid?: number; permutations?: PermutationSet } = {}) {
  const all = pictures();
  const streams = all.map((_, i) => Random.of(4, i));
  const batch = task.prepare(all, set, streams, 'train');
  const { grid = 0, permutations = [] } = options;
  const names = ['first', 'second'];
  const classes = ['cat', 'dog'];
  const named = { task: task.name as TaskName, pictures: all, names, batch, statistics: set, classes };
  return { batch, made: previewSamples({ ...named, grid, permutations }) };
}

test('rotation shows four rows with their turns', async () => {
  const [first, second] = await samples(rotation()).made;
  expect(first!.name).toBe('first');
  expect(second!.views.map(({ caption }) => caption)).toEqual([
    'the picture, 18 x 18',
    'class 0: not turned',
    'class 1: a quarter turn to the left',
    'class 2: half a turn',
    'class 3: three quarter turns to the left',
  ]);
});

test('jigsaw numbers its tiles by where they come from, and shows the permutation of the label', async () => {
  const permutations = permutationSet({ grid: 3, count: 1000 });
  const { batch, made } = samples(jigsaw({ grid: 3, permutations }), { grid: 3, permutations });
  for (const [i, { target, views }] of (await made).entries()) {
    const label = batch.y[i]!;
    const slots = permutations[label]!;
    const [, seen, sorted] = views.map(({ content }) => ('tiles' in content ? content.tiles : []));
    // The tile of patch p lies in slot slots[p].
    for (const [patch, slot] of slots.entries()) expect(seen![slot]!.number).toBe(patch + 1);
    expect(sorted!.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(target).toBe(`class ${label}, the permutation ${seen!.map(({ number }) => number).join(' ')}`);
    for (const tile of seen!) {
      expect(tile.colour).toBe(hue(tile.number - 1));
      expect(tile.picture).toEqual(sorted![tile.number - 1]!.picture);
    }
    expect(new Set(seen!.map(({ picture }) => picture.source)).size).toBe(9);
  }
});

test('tasks with labels name the classes', async () => {
  const [cat, dog] = await samples(classification({ classes: 2 })).made;
  expect([cat!.target, dog!.target]).toEqual(['class 0: cat', 'class 1: dog']);
  const [, streets] = await samples(segmentation({ classes: 2 })).made;
  expect(streets!.target).toMatch(/^(dog|no class); \d+\u00a0% do not count$/);
  expect(streets!.views.map(({ target = false }) => target)).toEqual([false, false, true]);
});
