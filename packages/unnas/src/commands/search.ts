import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIVATIONS } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { BACKENDS } from '../backend-name.ts';
import { command } from '../command.ts';
import { choice, count, evenCount, flag, type Given, kebab, number, text } from '../options.ts';
import { permutationsOption } from '../permutations-option.ts';
import { noPositionals } from '../positionals.ts';
import { PRESETS, type PresetName } from '../preset-names.ts';
import type { SearchJob } from '../search-job.ts';
import { runSearchJob } from '../search-process.ts';
import { searchTopics } from '../search-topics.ts';
import { showSearch } from '../search-view.ts';
import { TASK_NAMES } from '../task-names.ts';

/** What a search is; a run that goes on has these already. */
const request = {
  preset: choice(
    Object.keys(PRESETS) as PresetName[],
    'settings to start from, see below; every other option changes one of them',
    'NAME',
  ),
  task: choice(TASK_NAMES, 'what the supernet learns, see below; rotation by default', 'NAME'),
  classes: count('classes of tasks that learn from labels, if the pictures do not say', 2),
  grid: count('of jigsaw: tiles on a side', 2, 10),
  permutations: permutationsOption('of jigsaw: how many permutations are told apart, or a JSON file of them'),
  gray: number('of jigsaw: share of pictures that become gray in training', 0, 1),
  crop: count('side in pixels of the square that is cut out of a picture'),
  release: flag(
    "crop and mirror as the authors' release does where it is known to be wrong, to compare with it",
  ),
  resize: count('to how many pixels the shorter side is scaled first'),
  data: text('NAME|DIR', 'cifar10 (fetched once), or a folder of pictures, see below'),
  list: text('FILE', 'of ImageNet-22K: the list of its pictures, where it is not with them'),
  limit: count('use so many pictures only, always the same ones', 2),
  size: count('side in pixels to which the pictures of a folder of your own are scaled', 8),
  maxBroken: number('share of the files that may be broken', 0, 1),
  cells: count('cells of the supernet', 2, 1000),
  channels: evenCount('channels of its first cell; an even number'),
  stem: choice(
    ['cifar', 'imagenet'],
    'what stands before the first cell; imagenet scales pictures down by 8',
  ),
  epochs: count('passes over the pictures'),
  batch: count('pictures in a batch (rotation makes four rows of each)'),
  seed: count('the same seed gives the same bits', 0),
  algorithm: choice(['darts', 'random'], 'how to search'),
  order: choice(['1', '2'], 'of darts: order of the alpha gradient; 2 takes about four times as long'),
  alphaStart: number('of darts: epoch from which the alphas move, from 0'),
  alphaLearningRate: number('of darts'),
  samples: count('of random: architectures to try'),
  learningRate: number('of the weights, in the first epoch'),
  minimumLearningRate: number('what it falls to'),
  weightDecay: number('of the weights'),
  scored: count('held-out pictures that score an epoch; all of them by default'),
  stopOnCollapse: count('stop once the normal cell has more skip connections than this', 0),
  activations: choice(
    ACTIVATIONS,
    'of darts: what maps are kept as within a step; bfloat16 takes less memory, gradients are off by about 3 %',
  ),
  out: text('DIR', 'run folder; by default a new one below runs/'),
} as const;

const both = {
  resume: text('RUN', 'go on with the run in this folder'),
  threads: count('processor threads; all by default. The result does not depend on it', 1, 1024),
  backend: choice(BACKENDS, 'what computes; native by default, cpu where it is not built'),
  plan: flag('say what the search takes in time and memory on this machine, and stop before it begins'),
  checkpointEvery: count('steps between checkpoints, besides those at each epoch and every few seconds'),
  json: flag('JSON lines, and nothing else on standard output'),
} as const;

const options = { ...request, ...both };

export const search = command({
  name: 'search',
  usage: '[options] | --resume RUN',
  summary:
    'Searches an architecture: trains a supernet on pictures and leaves a genotype, a log and a report in a run folder.',
  details: `${searchTopics()}

Without a preset the settings are those of cifar10-TASK. Ctrl-C stops with a checkpoint; --resume
goes on from there to the same bits.`,
  options,
  async run(given, positionals, terminal) {
    noPositionals(positionals);
    const job = searchJob(given);
    const { show, end } = showSearch(terminal, { goOn: (run) => `search --resume ${run}` });
    const signal = await runSearchJob(job, show);
    return end(signal);
  },
});

function searchJob(given: Given<typeof options>): SearchJob {
  const { resume, threads, backend, plan, checkpointEvery, json: _, out, ...settings } = given;
  const common = {
    ...(threads === undefined ? {} : { threads }),
    ...(backend === undefined ? {} : { backend }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
  };
  if (resume === undefined) {
    const { order, ...others } = settings;
    const wishes = {
      ...others,
      ...(order === undefined ? {} : { order: order === '1' ? (1 as const) : (2 as const) }),
    };
    if (plan) return { kind: 'plan', folder: '', wishes, ...common };
    return { kind: 'new', folder: out ?? newRunFolder(), wishes, ...common };
  }
  const also = Object.keys(given).find((key) => Object.hasOwn(request, key));
  if (also !== undefined) {
    throw inputError(
      `--${kebab(also)} cannot be given with --resume: a run goes on with the settings it was begun with`,
    );
  }
  return { kind: 'resume', folder: resume, ...common };
}

/** `runs/2025-03-01-1530`, or with a number behind it where that exists. */
function newRunFolder(now = new Date()): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const name = join('runs', `${date}-${two(now.getHours())}${two(now.getMinutes())}`);
  for (let number = 2, folder = name; ; folder = `${name}-${number++}`)
    if (!existsSync(folder)) return folder;
}
