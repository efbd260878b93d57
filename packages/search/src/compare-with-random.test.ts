import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { cost, type Genotype } from '@unnas/genotype';
import type { Picture } from '@unnas/images';
import { classification, rotation } from '@unnas/pretext';
import { isInputError } from '@unnas/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyLabeledPictures, tinyPictures, tinySpace } from '../fixtures/tiny-pictures.ts';
import {
  type CompareOptions,
  type CompareRunOptions,
  compareRunWithRandom,
  compareWithRandom,
} from './compare-with-random.ts';
import type { ComparisonRun } from './comparison-run.ts';
import { darts } from './darts.ts';
import type { EpochRecord, Progress } from './epoch-record.ts';
import { randomSearch } from './random-search.ts';
import { readBaseline, readGenotype } from './run-folder.ts';
import { search } from './search.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const parent = mkdtempSync(join(tmpdir(), 'unnas-compare-'));
let folders = 0;
const newFolder = () => join(parent, `run${++folders}`);

const GENOTYPE: Genotype = {
  normal: [
    ['max_pool_3x3', 0],
    ['skip_connect', 1],
  ],
  normal_concat: [2],
  reduce: [
    ['skip_connect', 0],
    ['skip_connect', 1],
  ],
  reduce_concat: [2],
};

const options = (changes: Partial<CompareOptions<Picture>> = {}): CompareOptions<Picture> => ({
  genotype: GENOTYPE,
  images: tinyPictures(),
  task: rotation(),
  space: tinySpace(),
  epochs: 2,
  batch: 2,
  seed: 9,
  samples: 2,
  ...changes,
});

const material = () => ({ images: tinyPictures(), task: rotation() });

/** What depends on the clock. */
const TIMES = { seconds: 0, imagesPerSecond: 0, waitedMilliseconds: 0, preparedMilliseconds: 0 };

async function drain(run: AsyncIterable<EpochRecord>): Promise<object[]> {
  const records: object[] = [];
  for await (const record of run) records.push({ ...record, ...TIMES });
  return records;
}

/** A finished search in a folder of its own. */
async function finishedRun(changes: { algorithm?: ReturnType<typeof darts>; epochs?: number } = {}) {
  const folder = newFolder();
  await drain(
    search({
      ...material(),
      space: tinySpace(),
      algorithm: darts(),
      epochs: 2,
      batch: 2,
      seed: 9,
      folder,
      ...changes,
    }),
  );
  return folder;
}

async function stopped(
  begin: (outside: Pick<CompareRunOptions<Picture>, 'signal' | 'onProgress'>) => ComparisonRun,
  at: number,
) {
  const stop = new AbortController();
  const run = begin({ signal: stop.signal, onProgress: ({ done }: Progress) => done === at && stop.abort() });
  await drain(run);
  return run;
}

async function refusal(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    expect(isInputError(error), `${error}`).toBe(true);
    return (error as Error).message;
  }
  throw new Error('expected a refusal');
}

describe('compareWithRandom', () => {
  it('trains the found architecture, then random ones, and says how they compare', async () => {
    const run = compareWithRandom(options({ samples: 3 }));
    expect(() => run.baseline).toThrow('no outcome before');
    const records = (await drain(run)) as EpochRecord[];
    expect(records.map(({ epoch, epochs }) => [epoch, epochs])).toEqual([1, 2, 3, 4].map((i) => [i, 4]));
    expect(records[0]!.sample).toEqual(GENOTYPE);
    const { baseline } = run;
    expect(baseline).toMatchObject({ task: 'rotation', epochs: 2, batch: 2, drawSeed: 9 });
    expect(baseline.pictures).toEqual({ trained: 6, scored: 6 });
    expect([baseline.found, ...baseline.random].map(({ accuracy }) => accuracy)).toEqual(
      records.map(({ accuracy }) => accuracy),
    );
    const sizes = { cells: 3, channels: 2, stem: 'cifar', classes: 4, inputChannels: 3, size: 4 } as const;
    expect(baseline.found).toMatchObject(cost(GENOTYPE, sizes));
    expect(run.outcome).toBe('finished');
  });

  it('shows every architecture the same batches in the same order', async () => {
    const task = rotation();
    const seen: string[][] = [[]];
    const run = compareWithRandom(
      options({
        task: {
          ...task,
          prepare(...given) {
            const batch = task.prepare(...given);
            // Batches are made ahead of their use, in order: 6 for training and 3 for scoring each.
            if (seen.at(-1)!.length === 9) seen.push([]);
            seen.at(-1)!.push(Buffer.from(batch.x.buffer).toString('base64'));
            return batch;
          },
        },
      }),
    );
    await drain(run);
    expect(seen).toHaveLength(3);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(new Set(seen[0]).size).toBe(9);
  });

  it('gives the same bits again, and other architectures for another draw on the same pictures', async () => {
    const first = await drain(compareWithRandom(options()));
    expect(await drain(compareWithRandom(options()))).toEqual(first);
    const other = (await drain(compareWithRandom(options({ drawSeed: 1 })))) as EpochRecord[];
    expect(other[0]!.sample).toEqual(GENOTYPE);
    expect(other.map(({ loss }) => loss)).not.toEqual((first as EpochRecord[]).map(({ loss }) => loss));
  });

  it('draws the first architectures alike, however many', async () => {
    const two = (await drain(compareWithRandom(options({ epochs: 1 })))) as EpochRecord[];
    const three = (await drain(compareWithRandom(options({ epochs: 1, samples: 3 })))) as EpochRecord[];
    expect(three.slice(0, 3).map(({ loss, sample }) => [loss, sample])).toEqual(
      two.map(({ loss, sample }) => [loss, sample]),
    );
  });

  it('ends with the same bits after a stop at any unit of work', async () => {
    const whole = newFolder();
    await drain(compareWithRandom(options({ folder: whole, epochs: 1 })));
    const bits = (folder: string) => {
      const bytes = readFileSync(join(folder, 'checkpoint.safetensors'));
      return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
    };
    const log = (folder: string) =>
      readFileSync(join(folder, 'log.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => ({ ...JSON.parse(line), ...TIMES }));
    for (const at of [1, 3, 6, 7, 17]) {
      const folder = newFolder();
      const cut = await stopped(
        (outside) => compareWithRandom(options({ folder, epochs: 1, ...outside })),
        at,
      );
      expect(cut.outcome, `stopped at ${at}`).toBe('stopped');
      const again = compareWithRandom(options({ folder, epochs: 1 }));
      await drain(again);
      expect(again.baseline.random).toHaveLength(2);
      expect(bits(folder).equals(bits(whole)), `stopped at ${at}`).toBe(true);
      expect(log(folder)).toEqual(log(whole));
    }
  });

  it('refuses what it cannot compare, and writes nothing', async () => {
    const folder = newFolder();
    const cases: [Partial<CompareOptions<Picture>>, string][] = [
      [{ samples: 0 }, 'the number of random samples is a whole number of at least 1, got 0'],
      [{ drawSeed: 0.5 }, 'the seed is a whole number, got 0.5'],
      [{ limit: 13 }, 'tiny has 12 pictures, and 13 are to be used'],
      [{ limit: 3 }, 'a batch of 2 pictures is larger than the half for the weights: 1 of the 3'],
      [{ genotype: { normal: [] } as never }, 'the genotype to compare is none'],
    ];
    for (const [changes, message] of cases)
      expect(await refusal(() => compareWithRandom(options({ folder, ...changes })))).toContain(message);
    expect(existsSync(folder)).toBe(false);
    const search = await finishedRun({ epochs: 1 });
    for (const fresh of [false, true]) {
      expect(await refusal(() => compareWithRandom(options({ folder: search, fresh })))).toContain(
        'holds a run of the algorithm darts, not a comparison',
      );
    }
    expect(existsSync(join(search, 'genotype.json'))).toBe(true);
  });
});

describe('compareRunWithRandom', () => {
  it('leaves baseline.json in the folder of the run, of the cell it found, on its halves', async () => {
    const folder = await finishedRun();
    const run = compareRunWithRandom(folder, { ...material(), samples: 2 });
    await drain(run);
    expect(readBaseline(folder)).toEqual(run.baseline);
    expect(run.baseline).toMatchObject({ epochs: 2, drawSeed: 9, pictures: { trained: 6, scored: 6 } });
    expect(run.baseline.found.genotype).toEqual(readGenotype(folder));
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['baseline', 'baseline.json']));
    expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([]);
  });

  it('goes on with the settings it was begun with, and a finished one trains nothing', async () => {
    const folder = await finishedRun();
    const given = { samples: 3, epochs: 1, limit: 8, drawSeed: 4 };
    await stopped((outside) => compareRunWithRandom(folder, { ...material(), ...given, ...outside }), 5);
    expect(readBaseline(folder)).toBeUndefined();
    const again = compareRunWithRandom(folder, material());
    expect(await drain(again)).not.toHaveLength(0);
    expect(again.baseline).toMatchObject({ epochs: 1, drawSeed: 4, pictures: { trained: 4, scored: 4 } });
    expect(again.baseline.random).toHaveLength(3);
    const finished = compareRunWithRandom(folder, material());
    expect(await drain(finished)).toEqual([]);
    expect(finished.baseline).toEqual(again.baseline);
  });

  it('refuses other settings than those it was begun with, unless a fresh one is wanted', async () => {
    const folder = await finishedRun();
    const given = { ...material(), samples: 2, epochs: 1 };
    await drain(compareRunWithRandom(folder, given));
    expect(await refusal(() => compareRunWithRandom(folder, { ...given, samples: 1, epochs: 2 }))).toMatch(
      /begun with other settings \(samples 2, now 1; epochs 1, now 2\); .*fresh/,
    );
    expect(
      await refusal(() => compareRunWithRandom(folder, { ...given, samples: 0, fresh: true })),
    ).toContain('at least 1, got 0');
    expect(existsSync(join(folder, 'baseline', 'log.jsonl'))).toBe(true);
    const fresh = compareRunWithRandom(folder, { ...given, samples: 1, fresh: true });
    await drain(fresh);
    expect(readBaseline(folder)!.random).toHaveLength(1);

    writeFileSync(join(folder, 'genotype.json'), JSON.stringify(GENOTYPE));
    expect(await refusal(() => compareRunWithRandom(folder, material()))).toContain('another architecture');
  });

  it('compares a random search with cells that it has not drawn itself', async () => {
    const folder = await finishedRun({ algorithm: randomSearch({ samples: 4 }), epochs: 1 });
    const drawn = readFileSync(join(folder, 'log.jsonl'), 'utf8').trim().split('\n');
    const losses = drawn.map((line) => JSON.parse(line).loss);
    const records = (await drain(
      compareRunWithRandom(folder, { ...material(), samples: 4 }),
    )) as EpochRecord[];
    for (const { loss } of records) expect(losses).not.toContain(loss);
  });

  it('refuses other pictures, another task, and a folder without a cell', async () => {
    const folder = await finishedRun({ epochs: 1 });
    const other = { ...material(), images: tinyPictures({ seed: 6 }) };
    expect(await refusal(() => drain(compareRunWithRandom(folder, other)))).toContain('other pictures');
    expect(existsSync(join(folder, 'baseline'))).toBe(false);
    const labeled = { images: tinyLabeledPictures(), task: classification({ classes: 3 }) };
    expect(await refusal(() => compareRunWithRandom(folder, labeled))).toContain('the task rotation');
    const empty = newFolder();
    expect(await refusal(() => compareRunWithRandom(empty, material()))).toContain('holds no run');
    const young = newFolder();
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await drain(
      search({
        ...material(),
        space: tinySpace(),
        algorithm: darts(),
        epochs: 1,
        batch: 2,
        folder: young,
        signal: stop.signal,
        onProgress,
      }),
    );
    expect(await refusal(() => compareRunWithRandom(young, material()))).toContain(
      'found no architecture yet',
    );
  });
});
