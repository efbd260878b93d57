import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  dartsSpace,
  type EpochRecord,
  type Images,
  type Picture,
  randomSearch,
  resumeSearch,
  rotation,
  search,
  type Task,
  useBackend,
} from 'unnas';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Beside this test, so that it finds the package that it imports.
const file = join(import.meta.dirname, `readme-task-${process.pid}.ts`);
const runs = mkdtempSync(join(tmpdir(), 'unnas-own-task-'));

let zoom: () => Task<Picture>;

beforeAll(async () => {
  const block = readFileSync(join(root, 'README.md'), 'utf8').match(/^```ts\n(.*?)^```/ms)![1]!;
  writeFileSync(file, block);
  ({ zoom } = await import(pathToFileURL(file).href));
  await useBackend();
});
afterAll(() => {
  rmSync(file, { force: true });
  rmSync(runs, { recursive: true });
});

/** A bright disc in the middle of each picture, whose size tells the zoom. */
const images: Images = {
  name: 'discs',
  length: 96,
  size: 16,
  preparation: 'cifar',
  skipped: [],
  mean: [0.4, 0.4, 0.4],
  deviation: [0.3, 0.3, 0.3],
  load: async (indices) =>
    Array.from(indices, (index) => ({
      height: 16,
      width: 16,
      data: Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => {
        const pixel = Math.floor(i / 3);
        const [row, column] = [Math.floor(pixel / 16) - 7.5, (pixel % 16) - 7.5];
        return Math.hypot(row, column) < 4 ? 200 + (index % 50) : 20 + (index % 30);
      }),
    })),
};

const options = (epochs: number) => ({
  images,
  task: zoom(),
  space: dartsSpace({ cells: 2, channels: 4 }),
  algorithm: randomSearch({ samples: 1 }),
  epochs,
  batch: 8,
  learningRate: 0.05,
  seed: 1,
});

async function last(run: AsyncIterable<EpochRecord>): Promise<EpochRecord | undefined> {
  let record: EpochRecord | undefined;
  for await (const next of run) record = next;
  return record;
}

it("the README's own task is learnt, and kept in the config of its run", async () => {
  const folder = join(runs, 'zoom');
  const record = await last(search({ ...options(12), folder }));
  expect(record!.chance).toBeCloseTo(1 / 3, 12);
  expect(record!.accuracy).toBeGreaterThan(0.8);
  const { task } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  expect(task).toMatchObject({ name: 'zoom', classes: 3, options: {}, metric: { name: 'accuracy' } });
  expect(await last(resumeSearch(folder, { images, task: zoom() }))).toBeUndefined();
  expect(() => resumeSearch(folder, { images, task: rotation() })).toThrow(
    'was searched with the task zoom (channels 3, classes 3, views 1), cannot go on with rotation',
  );
});

it('its types hold', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...['--ignoreConfig', '--noEmit', '--strict', '--noUncheckedIndexedAccess', '--skipLibCheck'],
      ...['--target', 'es2023', '--module', 'nodenext', '--customConditions', 'unnas-source'],
      ...['--allowImportingTsExtensions', '--types', 'node', file],
    ],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
