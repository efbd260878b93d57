import type { TrainingStepOptions } from '@unnas/bench';
import { expect, test } from 'vitest';
import { compareSteps, ownStep } from './compare-steps.ts';

const TINY: TrainingStepOptions = {
  ...{ kind: 'weight', cells: 1, channels: 2, stem: 'cifar', classes: 3, size: 6, batch: 2, seed: 0 },
};
const own = (name: string, backend: 'native' | 'cpu', change: Partial<TrainingStepOptions> = {}) =>
  ownStep(name, { ...TINY, ...change, backend, threads: 1 });
const compare = (commands: Parameters<typeof compareSteps>[0]['commands']) =>
  compareSteps({
    title: 'a step',
    network: 'supernet',
    options: TINY,
    threads: 1,
    turns: 2,
    warmup: 1,
    commands,
  });

test('contenders take turns in processes of their own; who cannot take part is named with the reason', async () => {
  const broken = {
    ...own('broken', 'cpu'),
    args: ['--eval', 'console.error("no such thing"); process.exit(3)'],
  };
  const comparison = await compare([own('native', 'native'), own('stock', 'cpu', { batch: 1 }), broken]);
  expect(comparison.leftOut).toEqual(['broken: no such thing']);
  const [native, stock] = comparison.contenders;
  expect(comparison.contenders.map(({ name }) => name)).toEqual(['native', 'stock']);
  expect(native).toMatchObject({
    images: 2,
    timesAsLong: 1,
    milliseconds: [expect.any(Number), expect.any(Number)],
  });
  expect(stock!.images).toBe(1);
  const perImage = (one: typeof stock) => one!.medianMilliseconds / one!.images;
  expect(stock!.timesAsLong).toBeCloseTo(perImage(stock) / perImage(native));
  expect(native!.shareOutsideKernels).toBeGreaterThan(0);
  expect(stock!.shareOutsideKernels).toBeNull();
  for (const { peakResidentMiB } of comparison.contenders) expect(peakResidentMiB).toBeGreaterThan(10);
});

test('networks that differ are not compared', async () => {
  await expect(compare([own('native', 'native'), own('wider', 'native', { channels: 4 })])).rejects.toThrow(
    /^wider has a network of \d+ parameters, native one of \d+$/,
  );
});
