import { augmentationStreams, type Picture, type Source, writeFileAtomic } from '@unnas/images';
import { type Mode, type PermutationSet, permutationSet, type Task } from '@unnas/pretext';
import { inputError, Random } from '@unnas/random';
import { previewPage } from '@unnas/report';
import type { Voice } from '../data.ts';
import { grayWarning } from '../gray-warning.ts';
import { chosenPermutations } from '../permutations-option.ts';
import { picturesAndTask, type SearchWishes, searchRequest } from '../search-request.ts';
import { skippedFiles } from '../skipped-files.ts';
import { TASKS } from '../task-names.ts';
import { classColours } from './class-colours.ts';
import { previewSamples } from './preview-samples.ts';

export interface PreviewOptions {
  /** Which pictures and which task, as for a search. */
  readonly wishes: SearchWishes;
  readonly samples: number;
  /** `train` with augmentation, `test` without. */
  readonly split: Mode;
  /** Path of the page. */
  readonly out: string;
}

/** Writes a page that shows what a task makes of pictures: the very batch that a search would train on. Gives the warnings that it shows. */
export async function makePreview(
  { wishes, samples, split, out }: PreviewOptions,
  voice: Voice,
): Promise<string[]> {
  const request = searchRequest(wishes);
  const material = await picturesAndTask(request, voice);
  const images = material.images as Source<Picture> & { readonly classes?: readonly string[] };
  const task = material.task as Task<Picture>;
  if (samples > images.length) {
    throw inputError(`--samples asks for ${samples} pictures, and ${images.name} has ${images.length}`);
  }
  const { seed } = request;
  const indices = Random.of(seed, 'preview').permutation(images.length).slice(0, samples);
  const pictures = await images.load(indices);
  const streams = augmentationStreams(indices, { seed, epoch: 0, stream: 'weights' });
  const batch = task.prepare(pictures, images, streams, split);
  const gray = await grayWarning(request.task, images);
  // Of pictures that are decoded when they are asked for, these are the broken ones that were met so far.
  const skipped = skippedFiles(images.skipped);
  const warnings = [gray, skipped].filter((warning) => warning !== null);
  const classes = images.classes ?? [];
  const [grid, count] = [numberOf(task.options.grid), numberOf(task.options.permutations)];
  const page = previewPage({
    title: `What a network sees: ${task.name}`,
    subtitle: `To be learnt: ${TASKS[request.task]}. ${images.name}, ${images.length.toLocaleString('en-US')} pictures, ${split === 'train' ? 'with the augmentation of training' : 'without augmentation, as they are scored'}, seed ${seed}`,
    figures: figures(task, images, batch.xShape),
    explanation: EXPLANATIONS[request.task],
    warnings: warnings.map((sentence) => [`${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`]),
    legend:
      request.task === 'segmentation'
        ? [
            ...classColours(classes.length).map((colour, i) => ({ name: classes[i]!, colour })),
            { name: 'does not count', colour: '#000000' },
          ]
        : [],
    samples: await previewSamples({
      task: request.task,
      pictures,
      names: Array.from(indices, (index) => `picture ${index}:`),
      batch,
      statistics: images,
      classes,
      grid,
      permutations: request.task === 'jigsaw' ? permutationsOf(request.permutations ?? count, grid) : [],
    }),
  });
  await writeFileAtomic(out, page);
  return warnings;
}

function permutationsOf(choice: number | string, grid: number): PermutationSet {
  const set = chosenPermutations(choice, grid);
  return typeof set === 'number' ? permutationSet({ grid, count: set }) : set;
}

function numberOf(option: unknown): number {
  return typeof option === 'number' ? option : 0;
}

function figures(
  { classes, views, channels, metric, inputSize }: Task<Picture>,
  images: Source<Picture>,
  shape: readonly number[],
): [string, string, string][] {
  const side = inputSize(images);
  const { chance } = metric;
  return [
    [
      'Input',
      `${side} × ${side} × ${channels}`,
      views === 1 ? 'one for each picture' : `${views} for each picture`,
    ],
    ['Classes', classes.toLocaleString('en-US'), ''],
    [
      'Chance',
      chance === null ? 'measured' : `${Number((100 * chance).toPrecision(3))} %`,
      chance === null ? 'what the best single answer gets, stated with each score' : '',
    ],
    ['This batch', shape.join(' × '), ''],
  ];
}

const EXPLANATIONS = {
  rotation: [
    'Each picture comes into the batch four times, turned counter-clockwise, after one augmentation for all four. Which turn it was is the class of the row. A gray border is what augmentation adds: the mean colour.',
  ],
  colorization: [
    'The network sees the lightness L alone, and answers for each pixel which of 313 bins of the colours (a, b) is nearest. The picture with the blue frame is what the bins themselves give: no answer can come nearer to the colours.',
  ],
  jigsaw: [
    'The picture is cut up, a tile is taken at a random place of each patch so that edges do not fit, and the tiles are shuffled by one of a set of permutations, whose number is the class. Each tile is standardised by itself, which changes its colours: middle gray is its mean.',
    'Numbers and colours say which place of the picture a tile comes from, row by row. In training, pictures are mirrored or not, and some become gray first, so that fringes of colour do not give the places away.',
  ],
  classification: [
    'The class comes from the labels of the pictures: the task that those without labels are compared with.',
  ],
  segmentation: [
    'The class of each pixel comes from label maps, which are cut and mirrored with their pictures. Black does not count.',
  ],
} as const;
