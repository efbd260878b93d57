import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { ImagesOf, Picture } from '@unnas/images';
import { colorization, jigsaw, segmentation, type Task } from '@unnas/pretext';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyPictures, tinySegmentedPictures, tinySpace } from '../fixtures/tiny-pictures.ts';
import { darts } from './darts.ts';
import { readConfig } from './run-folder.ts';
import { resumeSearch, search, searchUntil } from './search.ts';
import type { SearchRun } from './search-run.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A task, and the same with another option that leaves its shape as it is. */
interface Case {
  readonly task: () => Task<Picture>;
  readonly other: () => Task<Picture>;
  readonly images: ImagesOf<Picture>;
  readonly chance: number | null;
}

const size = 8;
/** As many permutations as a set by its number, but other ones. */
const OTHERS = [
  [0, 1, 2, 3],
  [0, 1, 3, 2],
  [0, 2, 1, 3],
  [0, 2, 3, 1],
  [0, 3, 1, 2],
  [0, 3, 2, 1],
];

const cases: Record<string, Case> = {
  colorization: {
    task: () => colorization(),
    other: () => colorization({ release: true }),
    images: tinyPictures({ size, count: 8 }),
    chance: null,
  },
  jigsaw: {
    task: () => jigsaw({ permutations: 6 }),
    other: () => jigsaw({ permutations: OTHERS }),
    images: tinyPictures({ size, count: 8 }),
    chance: 1 / 6,
  },
  // The types of a list of tasks with and without labels do not say which pictures go with which.
  segmentation: {
    task: () => segmentation({ classes: 2, channels: 2, rates: [2] }) as unknown as Task<Picture>,
    other: () => segmentation({ classes: 2, channels: 2, rates: [3] }) as unknown as Task<Picture>,
    images: tinySegmentedPictures({ size, count: 8 }) as unknown as ImagesOf<Picture>,
    chance: null,
  },
};

const newFolder = () => join(mkdtempSync(join(tmpdir(), 'unnas-tasks-')), 'run');

async function drain(run: SearchRun): Promise<void> {
  for await (const _ of run) {
    // Its records are read from the run.
  }
}

describe.each(Object.entries(cases))('a search by %s', (_, { task, other, images, chance }) => {
  const options = () => ({
    images,
    task: task(),
    space: tinySpace(),
    algorithm: darts(),
    epochs: 1,
    batch: 2,
    seed: 3,
  });

  it('runs to its end, states chance, and comes out the same after a stop within scoring', async () => {
    const whole = newFolder();
    const run = search({ ...options(), folder: whole });
    await drain(run);
    const [record] = run.records;
    expect(record!.accuracy).toBeGreaterThanOrEqual(0);
    expect(record!.accuracy).toBeLessThanOrEqual(1);
    expect(record!.chance).toBeGreaterThan(0);
    if (chance !== null) expect(record!.chance).toBe(chance);
    expect(readConfig(whole).task.options).toEqual(task().options);

    // Two steps of training, one of two batches that score.
    const cut = newFolder();
    await drain(searchUntil({ ...options(), folder: cut }, 3));
    await drain(resumeSearch(cut, { images, task: task() }));
    const bytes = (folder: string) => readFileSync(join(folder, 'checkpoint.safetensors'));
    expect(bytes(cut).equals(bytes(whole))).toBe(true);
    const log = (folder: string) => JSON.parse(readFileSync(join(folder, 'log.jsonl'), 'utf8'));
    const { accuracy, trainAccuracy, chance: guess } = log(whole);
    expect(log(cut)).toMatchObject({ accuracy, trainAccuracy, chance: guess });
    expect(() => resumeSearch(cut, { images, task: other() })).toThrow('cannot go on with');
  });
});
