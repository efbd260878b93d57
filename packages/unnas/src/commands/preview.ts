import { resolve } from 'node:path';
import { command, table } from '../command.ts';
import { choice, count, flag, number, text } from '../options.ts';
import { permutationsOption } from '../permutations-option.ts';
import { noPositionals } from '../positionals.ts';
import { PRESETS, type PresetName } from '../preset-names.ts';
import { TASK_NAMES, TASKS } from '../task-names.ts';

export const preview = command({
  name: 'preview',
  usage: '--data DIR --task NAME [options]',
  summary:
    'Writes a page with samples of a task: the picture, what a network sees of it, and what it is to find out.',
  details: `Tasks:\n${table(Object.entries(TASKS))}`,
  options: {
    task: choice(TASK_NAMES, 'what to look at, see below; rotation by default', 'NAME'),
    preset: choice(
      Object.keys(PRESETS) as PresetName[],
      'the task and pictures of a preset of search',
      'NAME',
    ),
    data: text('NAME|DIR', 'cifar10 (fetched once), or a folder of pictures, as for search'),
    list: text('FILE', 'of ImageNet-22K: the list of its pictures'),
    size: count('side in pixels of the pictures of a folder of your own', 8),
    samples: count('pictures on the page; 8 by default', 1, 200),
    seed: count('other pictures, other draws', 0),
    split: choice(['train', 'test'], 'train shows the augmentation, test leaves it out; train by default'),
    grid: count('of jigsaw: tiles on a side', 2, 10),
    permutations: permutationsOption(
      'of jigsaw: how many permutations are told apart, or a JSON file of them',
    ),
    gray: number('of jigsaw: share of pictures that become gray', 0, 1),
    crop: count('side in pixels of the square that is cut out of a picture'),
    resize: count('to how many pixels the shorter side is scaled first'),
    maxBroken: number('share of the files of a folder that may be broken', 0, 1),
    out: text('FILE', 'the page; by default preview.html'),
    json: flag('JSON lines, and nothing else on standard output'),
  },
  async run(
    { out = 'preview.html', samples = 8, split = 'train', json: _, ...wishes },
    positionals,
    terminal,
  ) {
    noPositionals(positionals);
    const { useBackend } = await import('../backend.ts');
    const { makePreview } = await import('../preview/make-preview.ts');
    await useBackend();
    const page = resolve(out);
    const warnings = await makePreview({ wishes, samples, split, out: page }, terminal);
    terminal.endProgress();
    for (const warning of warnings) terminal.note(warning);
    terminal.event({ event: 'preview', page, samples, warnings });
    terminal.line(page);
    return 0;
  },
});
