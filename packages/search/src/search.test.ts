import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { parseGenotype, skipConnections } from '@unnas/genotype';
import type { Images, Picture } from '@unnas/images';
import { classification, rotation } from '@unnas/pretext';
import { isInputError } from '@unnas/random';
import { dartsSpace } from '@unnas/supernet';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyLabeledPictures, tinyPictures, tinySpace } from '../fixtures/tiny-pictures.ts';
import { darts } from './darts.ts';
import type { EpochRecord, Progress } from './epoch-record.ts';
import { randomSearch } from './random-search.ts';
import { resumeSearch, search } from './search.ts';
import type { SearchOptions } from './settings.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const options = (changes: Partial<SearchOptions<Picture>> = {}): SearchOptions<Picture> => ({
  images: tinyPictures(),
  task: rotation(),
  space: tinySpace(),
  algorithm: darts(),
  epochs: 2,
  batch: 2,
  seed: 3,
  ...changes,
});

const newFolder = () => join(mkdtempSync(join(tmpdir(), 'unnas-search-')), 'run');

async function recordsOf(run: AsyncIterable<EpochRecord>): Promise<EpochRecord[]> {
  const records: EpochRecord[] = [];
  for await (const record of run) records.push(record);
  return records;
}

async function failure(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}

describe('search with darts', () => {
  it('yields a record an epoch, reports each step, and leaves a run folder and no tensors', async () => {
    const before = tf.memory().numTensors;
    const folder = newFolder();
    const progress: Progress[] = [];
    const run = search(options({ folder, origin: { limit: 12 }, onProgress: (at) => progress.push(at) }));
    expect(() => run.genotype).toThrow('before the first epoch');
    const records = await recordsOf(run);
    expect(tf.memory().numTensors).toBe(before);
    expect(run.outcome).toBe('finished');

    expect(records.map(({ epoch, epochs }) => [epoch, epochs])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(records[0]!.learningRate).toBe(0.025);
    for (const { seconds, preparedMilliseconds } of records) {
      // Batches are made in every round, and the round is longer than that.
      expect(preparedMilliseconds).toBeGreaterThan(0);
      expect(preparedMilliseconds).toBeLessThan(1000 * seconds);
    }
    expect(records[1]!.learningRate).toBeCloseTo(0.013, 12);
    for (const { loss, alphaLoss, accuracy, trainAccuracy, alphas, health, gradientNorm } of records) {
      expect(loss).toBeGreaterThan(0);
      expect(alphaLoss).toBeGreaterThan(0);
      expect(gradientNorm).toBeGreaterThan(0);
      // 6 pictures of 4 turns each were scored.
      expect(accuracy * 24).toBeCloseTo(Math.round(accuracy * 24), 9);
      expect(trainAccuracy * 24).toBeCloseTo(Math.round(trainAccuracy * 24), 9);
      expect(alphas!.normal.map((row) => row.length)).toEqual([3, 3]);
      for (const row of alphas!.reduce) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      expect(health!.normal.relativeEntropy).toBeGreaterThan(0.9);
    }
    // 3 training steps and 3 batches of scores an epoch.
    expect(progress.map(({ epoch, phase, step }) => `${epoch} ${phase} ${step}`)).toEqual(
      [1, 2].flatMap((epoch) =>
        ['train', 'score'].flatMap((phase) => [1, 2, 3].map((step) => `${epoch} ${phase} ${step}`)),
      ),
    );
    expect(progress.map(({ done }) => done)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(progress[0]).toMatchObject({ steps: 3, total: 12, epochs: 2 });

    expect(readdirSync(folder).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'genotype.json',
      'log.jsonl',
    ]);
    const log = readFileSync(join(folder, 'log.jsonl'), 'utf8');
    expect(
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(records);
    expect(parseGenotype(readFileSync(join(folder, 'genotype.json'), 'utf8'))).toEqual(run.genotype);
    expect(run.genotype).toEqual(records[1]!.genotype);
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({
      format: 'unnas-run',
      version: 2,
      backend: 'cpu',
      task: { name: 'rotation', classes: 4, views: 4 },
      data: { name: 'tiny', pictures: 12, size: 4 },
      algorithm: { name: 'darts', order: 1, learningRate: 3e-4, alphaStart: 0 },
      settings: { epochs: 2, batch: 2, seed: 3, clip: 5, momentum: 0.9, weightDecay: 3e-4 },
      origin: { limit: 12 },
    });
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const alphasOf = async (seed: number) => (await recordsOf(search(options({ seed })))).at(-1)!.alphas;
    const first = await alphasOf(3);
    expect(await alphasOf(3)).toEqual(first);
    expect(await alphasOf(4)).not.toEqual(first);
  });

  it('lets alphas start within an epoch', async () => {
    // 3 steps an epoch: 1 + 1/3 < 1.5 <= 1 + 2/3, so that only the last of 6 steps moves the alphas.
    const records = await recordsOf(
      search(options({ algorithm: darts({ alphaStart: 1.5 }), stopAfterSkips: 0 })),
    );
    expect(records[0]!.alphaLoss).toBeNull();
    expect(records[1]!.alphaLoss).toBeGreaterThan(0);
    expect(records[1]!.alphas).not.toEqual(records[0]!.alphas);
  });

  it('searches with the second order', async () => {
    const [first] = await recordsOf(search(options({ epochs: 1 })));
    const [second] = await recordsOf(search(options({ epochs: 1, algorithm: darts({ order: 2 }) })));
    expect(second!.alphas).not.toEqual(first!.alphas);
    expect(second!.alphaLoss).toBeGreaterThan(0);
  });

  it('searches with labels, so that supervised DARTS is a run like any other', async () => {
    const images = tinyLabeledPictures();
    const task = classification({ classes: 3 });
    const run = search({ images, task, space: tinySpace(), algorithm: darts(), epochs: 1, batch: 2 });
    const [record] = await recordsOf(run);
    expect(record!.accuracy * 6).toBeCloseTo(Math.round(record!.accuracy * 6), 9);
  });

  it('scores only as many held-out pictures as asked for', async () => {
    const progress: Progress[] = [];
    await recordsOf(search(options({ epochs: 1, scored: 3, onProgress: (at) => progress.push(at) })));
    expect(progress.filter(({ phase }) => phase === 'score').map(({ step, steps }) => [step, steps])).toEqual(
      [
        [1, 2],
        [2, 2],
      ],
    );
  });

  it('stops when the cell has collapsed, and keeps the cell of before', async () => {
    // Alphas that move fast, so that the cell changes within a few epochs.
    const changes = { epochs: 5, algorithm: darts({ learningRate: 0.5 }), seed: 0 };
    const all = await recordsOf(search(options(changes)));
    const collapse = all.findIndex(({ genotype }) => skipConnections(genotype) > 0);
    expect(collapse, 'a seed whose cell collapses, but not at once').toBeGreaterThan(0);
    const folder = newFolder();
    const run = search(options({ ...changes, folder, stopAfterSkips: 0 }));
    expect(await recordsOf(run)).toHaveLength(collapse + 1);
    expect(run.outcome).toBe('collapsed');
    expect(run.genotype).toEqual(all[collapse - 1]!.genotype);
    expect(parseGenotype(readFileSync(join(folder, 'genotype.json'), 'utf8'))).toEqual(run.genotype);
    const resumed = resumeSearch(folder, options());
    expect(await recordsOf(resumed)).toEqual([]);
    expect(resumed.outcome).toBe('collapsed');
  });
});

describe('random search', () => {
  it('yields a record a sample, and keeps the best', async () => {
    const before = tf.memory().numTensors;
    const run = search(options({ algorithm: randomSearch({ samples: 4 }), epochs: 2 }));
    const records = await recordsOf(run);
    expect(tf.memory().numTensors).toBe(before);
    expect(records.map(({ epoch, epochs }) => [epoch, epochs])).toEqual([1, 2, 3, 4].map((i) => [i, 4]));
    const accuracies = records.map(({ accuracy }) => accuracy);
    const best = accuracies.indexOf(Math.max(...accuracies));
    expect(run.genotype).toEqual(records[best]!.sample);
    expect(new Set(records.map(({ sample }) => JSON.stringify(sample))).size).toBeGreaterThan(1);
    for (const { alphas, health, alphaLoss } of records)
      expect([alphas, health, alphaLoss]).toEqual([null, null, null]);
    expect(
      await recordsOf(search(options({ algorithm: randomSearch({ samples: 4 }), epochs: 2 }))),
    ).toMatchObject(records.map(({ loss, accuracy, genotype }) => ({ loss, accuracy, genotype })));
  });
});

describe('stopping', () => {
  it('stops on a signal within a step, with a checkpoint', async () => {
    const folder = newFolder();
    const stop = new AbortController();
    const run = search(
      options({ folder, signal: stop.signal, onProgress: ({ done }) => done === 2 && stop.abort() }),
    );
    expect(await recordsOf(run)).toEqual([]);
    expect(run.outcome).toBe('stopped');
    expect(readdirSync(folder).sort()).toEqual(['checkpoint.safetensors', 'config.json']);
  });

  it('stops while it waits for pictures that do not come', async () => {
    const stop = new AbortController();
    const images: Images = { ...tinyPictures(), load: slowAfter(13) };
    setTimeout(() => stop.abort(), 100);
    const run = search(options({ images, signal: stop.signal }));
    await recordsOf(run);
    expect(run.outcome).toBe('stopped');
  });

  it('makes no folder when it is stopped before it has begun', async () => {
    const folder = newFolder();
    await recordsOf(search(options({ folder, signal: AbortSignal.abort() })));
    expect(existsSync(folder)).toBe(false);
  });

  it('frees the folder and all tensors when the loop is left', async () => {
    const before = tf.memory().numTensors;
    const folder = newFolder();
    const run = search(options({ folder }));
    for await (const _ of run) break;
    expect(run.outcome).toBe('stopped');
    expect(tf.memory().numTensors).toBe(before);
    expect(readdirSync(folder)).not.toContain('run.lock');
  });
});

/** Loads the pictures of the first calls; later calls never end. */
function slowAfter(pictures: number): Images['load'] {
  const { load } = tinyPictures();
  let loaded = 0;
  return async (indices) => {
    loaded += indices.length;
    return loaded > pictures ? new Promise(() => {}) : load(indices);
  };
}

describe('bad input', () => {
  it.each<[string, Partial<SearchOptions<Picture>>, string]>([
    ['no epochs', { epochs: 0 }, 'the number of epochs is a whole number of at least 1, got 0'],
    ['no batch', { batch: 0 }, 'at least 1, got 0'],
    [
      'a batch larger than a half',
      { batch: 7 },
      'a batch of 7 pictures is larger than the half for the weights: 6 of the 12 pictures of tiny',
    ],
    ['a seed with a fraction', { seed: 0.5 }, 'the seed is a whole number, got 0.5'],
    ['a learning rate of 0', { learningRate: 0 }, 'the learning rate is a number greater than 0, got 0'],
    ['a minimum above the learning rate', { learningRate: 0.0001 }, 'the minimum learning rate is at most'],
    ['no portion', { portion: 1 }, 'between 0 and 1, got 1'],
    ['alphas that never move', { algorithm: darts({ alphaStart: 2 }) }, 'they would never move'],
    ['a third order', { algorithm: darts({ order: 3 as 2 }) }, 'the order of darts is 1 or 2, got 3'],
    [
      'no samples',
      { algorithm: randomSearch({ samples: 0 }) },
      'the number of samples is a whole number of at least 1',
    ],
    [
      'labels where none are wanted',
      { images: tinyLabeledPictures() as never },
      'the task rotation takes pictures without labels',
    ],
    [
      'no labels',
      { task: classification({ classes: 3 }) as never },
      'the task classification takes pictures with a label each, but those of tiny are without labels',
    ],
    [
      'more classes than stated',
      { images: tinyLabeledPictures({ classes: 5 }) as never, task: classification({ classes: 3 }) as never },
      'the task classification was given 3 classes, but tiny has labels up to 4, that is 5 classes',
    ],
  ])('refuses %s before anything is written', async (_, changes, message) => {
    const folder = newFolder();
    const error = await failure(() => search(options({ folder, ...changes })));
    expect(error.message).toContain(message);
    expect(isInputError(error)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  it('refuses a folder that holds something', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'unnas-search-'));
    await recordsOf(search(options({ folder, epochs: 1 })));
    expect((await failure(() => search(options({ folder })))).message).toContain(
      'holds a run already; resume',
    );
    const other = mkdtempSync(join(tmpdir(), 'unnas-search-'));
    writeFileSync(join(other, 'letter.txt'), 'keep me');
    expect((await failure(() => search(options({ folder: other })))).message).toContain('is not empty');
    const file = join(other, 'letter.txt');
    expect((await failure(() => search(options({ folder: file })))).message).toContain('is a file');
    expect((await failure(() => search(options({ folder: join(file, 'run') })))).message).toContain(
      'is a file',
    );
  });

  it('leaves no folder when pictures cannot be read', async () => {
    const folder = newFolder();
    const images: Images = {
      ...tinyPictures(),
      load: async () => {
        throw new Error('the disk has gone');
      },
    };
    expect((await failure(() => recordsOf(search(options({ images, folder }))))).message).toBe(
      'the disk has gone',
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('keeps what was trained when pictures can no longer be read', async () => {
    const folder = newFolder();
    const { load } = tinyPictures();
    let loads = 0;
    const images: Images = {
      ...tinyPictures(),
      load: (indices) => (++loads > 8 ? Promise.reject(new Error('the disk has gone')) : load(indices)),
    };
    expect((await failure(() => recordsOf(search(options({ images, folder }))))).message).toBe(
      'the disk has gone',
    );
    expect(readdirSync(folder).sort()).toEqual(['checkpoint.safetensors', 'config.json']);
  });

  it('stops at a loss that is no number, and keeps the last checkpoint', async () => {
    const folder = newFolder();
    let epochs = 0;
    let checkpoint: Buffer | undefined;
    const task = rotation();
    const run = search(
      options({
        folder,
        task: {
          ...task,
          loss: (logits, y) =>
            epochs === 0 ? task.loss(logits, y) : tf.scalar(Number.NaN).mul(task.loss(logits, y)),
        },
      }),
    );
    const error = await failure(async () => {
      for await (const _ of run) {
        epochs++;
        checkpoint = readFileSync(join(folder, 'checkpoint.safetensors'));
      }
    });
    expect(isInputError(error)).toBe(true);
    expect(error.message).toMatch(
      /^the loss should be a finite number, got NaN at step 1 of 3 in epoch 2; .*stays as it was/,
    );
    expect(readFileSync(join(folder, 'checkpoint.safetensors')).equals(checkpoint!)).toBe(true);
    expect(readdirSync(folder)).not.toContain('run.lock');
  });

  it('leaves nothing of a new run whose first losses are no numbers, before there is a checkpoint', async () => {
    const task = rotation();
    const spoilt = {
      ...task,
      loss: (...of: Parameters<typeof task.loss>) => tf.scalar(Number.NaN).mul(task.loss(...of)) as tf.Scalar,
    };
    const given = mkdtempSync(join(tmpdir(), 'unnas-search-'));
    for (const folder of [newFolder(), given]) {
      const error = await failure(() => recordsOf(search(options({ folder, task: spoilt }))));
      expect(isInputError(error)).toBe(true);
      expect(error.message).toMatch(/NaN at step 1 of 3 in epoch 1; nothing of .* is kept/);
      expect(existsSync(folder)).toBe(folder === given);
    }
    expect(readdirSync(given)).toEqual([]);
  });

  it('turns sizes that make no network into input errors', async () => {
    const space = { ...dartsSpace(), channels: 3 };
    const error = await failure(() => recordsOf(search(options({ space }))));
    expect(isInputError(error)).toBe(true);
    expect(error.message).toContain('even number of channels, got 3');
  });

  it.each([darts(), randomSearch({ samples: 1 })])(
    'refuses a network that no memory holds',
    async (algorithm) => {
      const folder = newFolder();
      const space = { ...tinySpace(), channels: 2_000_000 };
      const error = await failure(() => recordsOf(search(options({ folder, space, algorithm }))));
      expect(isInputError(error)).toBe(true);
      expect(error.message).toMatch(/^a network of \d+ parameters takes at least \d+ GiB .* has \d+ GiB$/);
      expect(existsSync(folder)).toBe(false);
    },
  );
});
