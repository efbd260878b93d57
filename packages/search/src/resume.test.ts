import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Picture } from '@unnas/images';
import { classification, rotation } from '@unnas/pretext';
import { isInputError } from '@unnas/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyLabeledPictures, tinyPictures, tinySpace } from '../fixtures/tiny-pictures.ts';
import type { Algorithm } from './algorithm.ts';
import { darts } from './darts.ts';
import type { EpochRecord, Progress } from './epoch-record.ts';
import { randomSearch } from './random-search.ts';
import { reproduce } from './reproduce.ts';
import { resumeSearch, search } from './search.ts';
import type { SearchRun } from './search-run.ts';
import type { SearchOptions } from './settings.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const parent = mkdtempSync(join(tmpdir(), 'unnas-resume-'));
let folders = 0;
const newFolder = () => join(parent, `run${++folders}`);

const options = (changes: Partial<SearchOptions<Picture>> = {}): SearchOptions<Picture> => ({
  images: tinyPictures(),
  task: rotation(),
  space: tinySpace(),
  algorithm: darts({ alphaStart: 0.4 }),
  epochs: 2,
  batch: 2,
  seed: 9,
  ...changes,
});

async function drain(run: SearchRun): Promise<EpochRecord[]> {
  const records: EpochRecord[] = [];
  for await (const record of run) records.push(record);
  return records;
}

const bytesOf = (folder: string, file = 'checkpoint.safetensors') => readFileSync(join(folder, file));

/** A record without what depends on the clock. */
const timeless = ({
  seconds,
  imagesPerSecond,
  waitedMilliseconds,
  preparedMilliseconds,
  ...record
}: EpochRecord) => record;

/** The tensors of a checkpoint: its file without the header, which holds times. */
const tensorBytes = (folder: string) => {
  const bytes = bytesOf(folder);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
};

const logOf = (folder: string) =>
  bytesOf(folder, 'log.jsonl')
    .toString()
    .trim()
    .split('\n')
    .map((line) => timeless(JSON.parse(line)));

async function interrupted(
  folder: string,
  at: number,
  changes: Partial<SearchOptions<Picture>> = {},
): Promise<void> {
  const stop = new AbortController();
  const onProgress = ({ done }: Progress) => done === at && stop.abort();
  await drain(search(options({ ...changes, folder, signal: stop.signal, onProgress })));
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

describe.each<[string, Algorithm, number[]]>([
  // An epoch has 3 steps and 3 batches of scores: positions within and between all phases, alphas from step 2 on.
  ['darts', darts({ alphaStart: 0.4 }), [1, 2, 3, 4, 6, 8, 11]],
  ['second-order darts', darts({ order: 2 }), [2]],
  // A sample has 6 steps and 3 batches of scores.
  ['random search', randomSearch({ samples: 2 }), [1, 6, 8, 9, 10, 17]],
])('%s', (_, algorithm, positions) => {
  it('ends with the same bits wherever it was interrupted and resumed', async () => {
    const whole = newFolder();
    const expected = (await drain(search(options({ algorithm, folder: whole })))).map(timeless);
    for (const at of positions) {
      const folder = newFolder();
      await interrupted(folder, at, { algorithm });
      const run = resumeSearch(folder, options());
      const records = await drain(run);
      expect(run.outcome).toBe('finished');
      expect(run.notes).toEqual([]);
      expect(run.records.map(timeless)).toEqual(expected);
      expect(records.map(timeless)).toEqual(expected.slice(expected.length - records.length));
      expect(logOf(folder)).toEqual(expected);
      expect(tensorBytes(folder).equals(tensorBytes(whole)), `interrupted at ${at}`).toBe(true);
      expect(bytesOf(folder, 'genotype.json')).toEqual(bytesOf(whole, 'genotype.json'));
      expect(readdirSync(folder)).not.toContain('run.lock');
    }
  });
});

describe('a run that was killed', () => {
  it('resumes from what is on disk at any instant', async () => {
    const whole = newFolder();
    await drain(search(options({ folder: whole })));
    const folder = newFolder();
    // What a kill would leave at each step, taken while the run holds its folder.
    const copies: string[] = [];
    const onProgress = ({ done }: Progress) => {
      const copy = newFolder();
      cpSync(folder, copy, { recursive: true });
      if (done % 3 === 1) copies.push(copy);
    };
    await drain(search(options({ folder, onProgress, checkpoint: { steps: 2 } })));
    expect(copies).toHaveLength(4);
    for (const copy of copies) {
      // A lock of a process that has ended, and half a checkpoint that was being written.
      writeFileSync(
        join(copy, 'run.lock'),
        JSON.stringify({ ...JSON.parse(`${bytesOf(copy, 'run.lock')}`), started: 'before:1' }),
      );
      writeFileSync(join(copy, 'checkpoint.safetensors.123456'), 'half');
      await drain(resumeSearch(copy, options()));
      expect(tensorBytes(copy).equals(tensorBytes(whole))).toBe(true);
      expect(logOf(copy)).toEqual(logOf(whole));
      expect(readdirSync(copy).sort()).toEqual(readdirSync(whole).sort());
    }
  });

  it('loses the lines of its log that its checkpoint does not know', async () => {
    const folder = newFolder();
    await interrupted(folder, 8);
    const line = bytesOf(folder, 'log.jsonl').toString();
    writeFileSync(join(folder, 'log.jsonl'), line + line.replace('"epoch":1', '"epoch":2'));
    const run = resumeSearch(folder, options({ signal: AbortSignal.abort() }));
    expect(await drain(run)).toEqual([]);
    expect(bytesOf(folder, 'log.jsonl').toString()).toBe(line);
    expect(run.genotype).toEqual(run.records[0]!.genotype);
  });
});

describe('resumeSearch', () => {
  it('has nothing to do for a run that has finished', async () => {
    const folder = newFolder();
    const run = search(options({ folder, epochs: 1 }));
    await drain(run);
    const before = bytesOf(folder);
    const again = resumeSearch(folder, options());
    expect(await drain(again)).toEqual([]);
    expect([again.outcome, again.genotype]).toEqual(['finished', run.genotype]);
    expect(bytesOf(folder).equals(before)).toBe(true);
  });

  it('writes checkpoints as often as asked', async () => {
    const folder = newFolder();
    const units: number[] = [];
    const seen = () => {
      const bytes = bytesOf(folder);
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
      return JSON.parse(header.__metadata__.position).unit;
    };
    // A report comes before the checkpoint of its step.
    const onProgress = ({ done }: Progress) => done >= 3 && units.push(seen());
    await drain(search(options({ folder, epochs: 1, onProgress, checkpoint: { steps: 2 } })));
    expect(units).toEqual([2, 2, 4, 4]);
    const other = newFolder();
    const eager = ({ done }: Progress) =>
      done >= 2 && expect(readdirSync(other)).toContain('checkpoint.safetensors');
    await drain(search(options({ folder: other, epochs: 1, onProgress: eager, checkpoint: { seconds: 0 } })));
  });

  it('refuses what is no run, or one of another version', async () => {
    expect(await refusal(() => resumeSearch(join(parent, 'nowhere'), options()))).toContain('holds no run');
    const folder = newFolder();
    await interrupted(folder, 1);
    const config = JSON.parse(bytesOf(folder, 'config.json').toString());
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, version: 99 }));
    expect(await refusal(() => resumeSearch(folder, options()))).toContain(
      'is of version 99 of the run folder, this program goes on with version 2',
    );
    writeFileSync(join(folder, 'config.json'), '{"format": "unnas-run", "ver');
    expect(await refusal(() => resumeSearch(folder, options()))).toContain('is damaged: it is not JSON');
  });

  it.each([
    [{ versions: undefined }, 'it has no versions'],
    [{ environment: null }, 'it has no environment'],
    [{ settings: {} }, 'the number of epochs is a whole number of at least 1, got undefined'],
    [{ space: { ...tinySpace(), cells: 'x' } }, 'expected a whole number of at least 1 for cells, got x'],
  ])('refuses a config with %j', async (change, sentence) => {
    const folder = newFolder();
    await interrupted(folder, 1);
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
    expect(await refusal(() => resumeSearch(folder, options()))).toBe(`${file} is damaged: ${sentence}`);
  });

  it.each(['null', '42', '{}', '{"epoch": 1}'])('refuses a log with the line %s', async (line) => {
    const folder = newFolder();
    await interrupted(folder, 8);
    const file = join(folder, 'log.jsonl');
    writeFileSync(file, `${line}\n`);
    expect(await refusal(() => drain(resumeSearch(folder, options())))).toBe(
      `${file} is damaged: line 1 is no record of an epoch`,
    );
  });

  it('refuses other pictures, also of the same number and size, and another task', async () => {
    const folder = newFolder();
    await interrupted(folder, 1);
    const resumed = (images: SearchOptions<Picture>['images']) =>
      refusal(() => drain(resumeSearch(folder, options({ images }))));
    expect(await resumed(tinyPictures({ count: 14 }))).toContain(
      'was searched on other pictures: 12 of 4 x 4 (tiny), now there are 14 of 4 x 4 (tiny)',
    );
    expect(await resumed(tinyPictures({ seed: 6 }))).toContain('with other content');
    const labeled = { images: tinyLabeledPictures(), task: classification({ classes: 3 }) };
    expect(await refusal(() => resumeSearch(folder, labeled))).toContain(
      'was searched with the task rotation (channels 3, classes 4, release false, views 4), cannot go on with classification',
    );
  });

  it('refuses a damaged checkpoint, and a log that is too short', async () => {
    const folder = newFolder();
    await interrupted(folder, 8);
    const good = bytesOf(folder);
    const damaged = Buffer.from(good);
    damaged[damaged.length - 5]! ^= 1;
    const file = join(folder, 'checkpoint.safetensors');
    writeFileSync(file, damaged);
    const again = () => refusal(() => drain(resumeSearch(folder, options())));
    expect(await again()).toBe(`the checkpoint ${file} is damaged: its checksum does not fit`);
    writeFileSync(file, good.subarray(0, good.length - 9));
    expect(await again()).toContain('is damaged: this is no whole safetensors file');
    writeFileSync(file, good);
    rmSync(join(folder, 'log.jsonl'));
    expect(await again()).toContain('its log has 0 epochs, its checkpoint comes after 1');
    expect(readdirSync(folder)).not.toContain('run.lock');
  });

  it('refuses a folder that another run works in', async () => {
    const folder = newFolder();
    let message = '';
    for await (const _ of search(options({ folder, epochs: 2 }))) {
      message = await refusal(() => drain(resumeSearch(folder, options())));
      break;
    }
    expect(message).toBe(`${folder} is in use by process ${process.pid}`);
  });

  it('tells what has changed around the run', async () => {
    const folder = newFolder();
    await interrupted(folder, 1, { environment: { isa: 'avx512' } });
    const run = resumeSearch(folder, options({ environment: { isa: 'avx2' } }));
    await drain(run);
    expect(run.notes).toEqual(['isa: begun with "avx512", now "avx2"']);
  });
});

describe('a disk that cannot be written', () => {
  it('stops the run with what was there untouched', async () => {
    const folder = newFolder();
    let saved: Buffer | undefined;
    const run = search(options({ folder }));
    const message = await refusal(async () => {
      for await (const _ of run) {
        saved = bytesOf(folder);
        // Nothing can take the place of a folder: every way to fail ends in the same place.
        rmSync(join(folder, 'log.jsonl'));
        mkdirSync(join(folder, 'log.jsonl', 'full'), { recursive: true });
      }
    });
    expect(message).toContain(`cannot write ${join(folder, 'log.jsonl')}`);
    expect(message).toContain('the run as it was last saved is whole');
    expect(bytesOf(folder).equals(saved!)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'genotype.json',
      'log.jsonl',
    ]);
  });

  it('makes no run in a folder that is read-only', async () => {
    // To root only the kernel says no.
    let folder = '/sys/kernel';
    if (process.getuid?.() !== 0) {
      folder = newFolder();
      mkdirSync(folder, { mode: 0o500 });
    }
    const before = readdirSync(folder);
    const run = search(options({ folder: join(folder, 'run') }));
    const message = await refusal(() => drain(run));
    expect(message).toBe(`cannot write into ${join(folder, 'run')}: writing or reading is not allowed there`);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('reproduce', () => {
  it('finds the same bits, in whole runs and in runs that were stopped within an epoch', async () => {
    const folder = newFolder();
    await interrupted(folder, 8);
    const before = bytesOf(folder);
    const result = await reproduce(folder, options());
    expect(result).toEqual({
      equal: true,
      alphas: true,
      weights: true,
      genotype: true,
      differing: [],
      notes: [],
    });
    expect(bytesOf(folder).equals(before)).toBe(true);
    const random = newFolder();
    await drain(search(options({ folder: random, algorithm: randomSearch({ samples: 1 }), epochs: 1 })));
    expect(await reproduce(random, options())).toMatchObject({ equal: true });
  });

  it('finds a run that does not follow from its settings', async () => {
    const folder = newFolder();
    await interrupted(folder, 8);
    const config = JSON.parse(bytesOf(folder, 'config.json').toString());
    config.settings.seed++;
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const result = await reproduce(folder, options());
    expect(result).toMatchObject({ equal: false, alphas: false, weights: false });
    const alphas = result!.differing.find(({ name }) => name === 'alphas/normal');
    expect(alphas!.distance).toBeGreaterThan(0);
    expect(alphas!.distance).toBeLessThan(1);
  });

  it('gives nothing when it is stopped, or when there is nothing to compare with', async () => {
    const folder = newFolder();
    await interrupted(folder, 8);
    expect(await reproduce(folder, options({ signal: AbortSignal.abort() }))).toBeUndefined();
    rmSync(join(folder, 'checkpoint.safetensors'));
    expect(await refusal(() => reproduce(folder, options()))).toContain('has no checkpoint yet');
  });
});
