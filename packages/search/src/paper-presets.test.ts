import { describe, expect, it } from 'vitest';
import {
  cityscapesColorization,
  cityscapesJigsaw,
  cityscapesRotation,
  cityscapesSegmentation,
  imagenet22kClassification,
  imagenet22kColorization,
  imagenet22kJigsaw,
  imagenet22kRotation,
  imagenetClassification,
  imagenetColorization,
  imagenetJigsaw,
  imagenetRotation,
} from './paper-presets.ts';
import type { Preset } from './presets.ts';
import { settingsOf } from './settings.ts';

/** What the authors' twelve configurations say, number by number. `crop` is the side of what the network sees: of tiles in puzzles. */
const FACTS = `
  data       task           cells classes channels crop batch rows epochs alphaStart lr   decay alphaLr gray
  imagenet   classification 8     1000    3        224  64    64   2      1          0.1  3e-5  3e-4    -
  imagenet   rotation       8     4       3        224  32    128  2      1          0.05 3e-5  1.5e-4  -
  imagenet   colorization   8     313     1        224  64    64   2      1          0.1  3e-5  3e-4    -
  imagenet   jigsaw         8     1000    3        64   32    288  2      1          0.05 3e-5  1.5e-4  0.3
  22k        classification 8     21841   3        224  256   256  1      0          0.4  3e-5  1.2e-3  -
  22k        rotation       8     4       3        224  128   512  1      0          0.2  3e-5  6e-4    -
  22k        colorization   8     313     1        224  256   256  1      0          0.4  3e-5  1.2e-3  -
  22k        jigsaw         8     1000    3        64   128   1152 1      0          0.2  3e-5  6e-4    0.3
  cityscapes segmentation   12    19      3        321  32    32   400    0          0.1  3e-4  3e-4    -
  cityscapes rotation       12    4       3        321  16    64   400    0          0.05 3e-4  1.5e-4  -
  cityscapes colorization   12    313     1        321  16    16   400    0          0.05 3e-4  1.5e-4  -
  cityscapes jigsaw         12    1000    3        81   32    288  400    0          0.1  3e-4  3e-4    0.3`;

const presets: Record<string, Preset<never>> = {
  'imagenet classification': imagenetClassification(),
  'imagenet rotation': imagenetRotation(),
  'imagenet colorization': imagenetColorization(),
  'imagenet jigsaw': imagenetJigsaw(),
  '22k classification': imagenet22kClassification(),
  '22k rotation': imagenet22kRotation(),
  '22k colorization': imagenet22kColorization(),
  '22k jigsaw': imagenet22kJigsaw(),
  'cityscapes segmentation': cityscapesSegmentation(),
  'cityscapes rotation': cityscapesRotation(),
  'cityscapes colorization': cityscapesColorization(),
  'cityscapes jigsaw': cityscapesJigsaw(),
};

const [head, ...rows] = FACTS.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

describe('the presets of the paper', () => {
  it.each(rows.map((row) => Object.fromEntries(row.map((cell, i) => [head![i]!, cell]))))(
    '$data $task has all numbers of the released configuration',
    (facts) => {
      const preset = presets[`${facts.data} ${facts.task}`]!;
      const { task, space, algorithm, ...rest } = preset;
      const settings = settingsOf(rest);
      const source = {
        preparation: facts.data === 'cityscapes' ? 'cityscapes' : 'imagenet',
        size: null,
        mean: [0, 0, 0],
        deviation: [1, 1, 1],
      } as const;
      expect({
        task: task.name,
        cells: space.cells,
        classes: task.classes,
        channels: task.channels,
        crop: task.inputSize(source),
        batch: settings.batch,
        rows: settings.batch * task.views,
        epochs: settings.epochs,
        alphaStart: algorithm.options.alphaStart,
        lr: settings.learningRate,
        decay: settings.weightDecay,
        alphaLr: algorithm.options.learningRate,
        gray: task.options.gray ?? '-',
      }).toEqual(
        Object.fromEntries(
          Object.entries(facts)
            .filter(([name]) => name !== 'data')
            .map(([name, cell]) => [name, name === 'task' || cell === '-' ? cell : Number(cell)]),
        ),
      );
      // Common to all twelve.
      expect(space).toMatchObject({ channels: 16, stem: 'imagenet', nodes: 4 });
      expect(algorithm.options).toMatchObject({
        order: 1,
        beta1: 0.5,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 1e-3,
      });
      expect(settings).toMatchObject({
        minimumLearningRate: 0,
        momentum: 0.9,
        portion: 0.5,
        clip: 5,
        seed: 1,
      });
      algorithm.check(settings);
    },
  );

  it('are twelve, and no two of them alike', () => {
    expect(rows.length).toBe(12);
    expect(Object.keys(presets).sort()).toEqual(rows.map(([data, task]) => `${data} ${task}`).sort());
  });

  it('have the heads of the paper', () => {
    expect(cityscapesSegmentation().task.head).toEqual({ kind: 'segmentation', channels: 64, rates: [6] });
    expect(imagenetJigsaw().task.head).toEqual({ kind: 'jigsaw', grid: 3 });
    expect(imagenetJigsaw().task.options.permutations).toBe(1000);
    expect(imagenetColorization().task.head).toEqual({ kind: 'pixels' });
  });
});
