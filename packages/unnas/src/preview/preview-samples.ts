import { encodePng, IGNORED, type Picture, type Statistics } from '@unnas/images';
import { AB_BINS, GRAY_BIN, type HostBatch, type PermutationSet } from '@unnas/pretext';
import type { PreviewPicture, PreviewSample, PreviewView } from '@unnas/report';
import type { TaskName } from '../task-names.ts';
import { classColours, hue } from './class-colours.ts';
import { binPicture, labelPicture, lightnessPicture, plainPicture, tilePicture } from './seen-pictures.ts';

/** A batch of a task, and the pictures that it was made of. */
export interface PreparedBatch {
  readonly task: TaskName;
  readonly pictures: readonly Picture[];
  /** What to call each of them. */
  readonly names: readonly string[];
  readonly batch: HostBatch;
  readonly statistics: Statistics;
  /** Names of the classes of tasks with labels. */
  readonly classes: readonly string[];
  /** Of `jigsaw`. */
  readonly grid: number;
  readonly permutations: PermutationSet;
}

/** Each picture with what the network sees of it and what it is to answer. */
export async function previewSamples(prepared: PreparedBatch): Promise<PreviewSample[]> {
  const describe = DESCRIPTIONS[prepared.task];
  return Promise.all(
    prepared.pictures.map(async (picture, i) => {
      const { target, views } = await describe(prepared, i);
      const name = prepared.names[i]!;
      const original = {
        caption: `the picture, ${picture.width} x ${picture.height}`,
        content: await image(picture, 'the picture as it is'),
      };
      return { name, target, views: [original, ...views] };
    }),
  );
}

type Description = (
  prepared: PreparedBatch,
  index: number,
) => Promise<Pick<PreviewSample, 'target' | 'views'>>;

const DESCRIPTIONS: Readonly<Record<TaskName, Description>> = {
  async rotation(prepared, i) {
    const turns = prepared.batch.yShape[0]! / prepared.pictures.length;
    const views = Array.from({ length: turns }, async (_, turn): Promise<PreviewView> => {
      const answer = prepared.batch.y[i * turns + turn]!;
      const caption = `class ${answer}: ${TURNS[answer]}`;
      return { caption, content: await image(row(prepared, i * turns + turn), caption) };
    });
    return { target: 'four rows, a class for each', views: await Promise.all(views) };
  },

  async classification(prepared, i) {
    const label = prepared.batch.y[i]!;
    const name = prepared.classes[label]!;
    const caption = 'what the network sees';
    return {
      target: `class ${label}: ${name}`,
      views: [{ caption, content: await image(row(prepared, i), `${caption}: ${name}`) }],
    };
  },

  async colorization({ batch, statistics }, i) {
    const side = batch.xShape[1]!;
    const x = part(batch.x, i, side * side);
    const y = part(batch.y, i, side * side);
    const bins = new Set(y).size;
    const gray = y.filter((bin) => bin === GRAY_BIN).length / y.length;
    const percent = (100 * gray).toFixed(0);
    return {
      target: `${bins} of ${AB_BINS} colours, ${percent} % of the pixels gray`,
      views: [
        {
          caption: 'what the network sees: the lightness',
          content: await image(lightnessPicture(x, side, statistics), 'the lightness of the picture'),
        },
        {
          caption: 'what it is to find: these colours',
          content: await image(
            binPicture(x, y, side, statistics),
            'the colours of the bins on that lightness',
          ),
          target: true,
        },
      ],
    };
  },

  async jigsaw({ batch, grid, permutations }, i) {
    const label = batch.y[i]!;
    const slots = permutations[label]!;
    const side = batch.xShape[2]!;
    const tile = async (patch: number) => {
      const at = i * grid * grid + slots[patch]!;
      const picture = tilePicture(part(batch.x, at, side * side * 3), side);
      return { number: patch + 1, colour: hue(patch), picture: await image(picture, `tile ${patch + 1}`) };
    };
    const inOrder = await Promise.all(slots.map((_, patch) => tile(patch)));
    const shuffled = slots.map((_, slot) => inOrder[slots.indexOf(slot)]!);
    return {
      target: `class ${label}, the permutation ${shuffled.map(({ number }) => number).join(' ')}`,
      views: [
        { caption: 'what the network sees: tiles in these places', content: { tiles: shuffled, grid } },
        {
          caption: 'what it is to find: where each belongs',
          content: { tiles: inOrder, grid },
          target: true,
        },
      ],
    };
  },

  async segmentation(prepared, i) {
    const { batch, classes } = prepared;
    const side = batch.xShape[1]!;
    const y = part(batch.y, i, side * side);
    const there = [...new Set(y)].filter((label) => label !== IGNORED).sort((a, b) => a - b);
    const ignored = y.filter((label) => label === IGNORED).length / y.length;
    const without = ignored === 0 ? '' : `; ${(100 * ignored).toFixed(0)}\u00a0% do not count`;
    return {
      target: `${there.map((label) => classes[label]).join(', ') || 'no class'}${without}`,
      views: [
        { caption: 'what the network sees', content: await image(row(prepared, i), 'what the network sees') },
        {
          caption: 'what it is to find: the class of each pixel',
          content: await image(labelPicture(y, side, classColours(classes.length)), 'classes as colours'),
          target: true,
        },
      ],
    };
  },
};

const TURNS = ['not turned', 'a quarter turn to the left', 'half a turn', 'three quarter turns to the left'];

/** A row of a batch [rows, side, side, 3]. */
function row({ batch, statistics }: PreparedBatch, index: number): Picture {
  const side = batch.xShape[1]!;
  return plainPicture(part(batch.x, index, side * side * 3), side, statistics);
}

function part<T extends Float32Array | Int32Array>(values: T, index: number, length: number): T {
  return values.subarray(index * length, (index + 1) * length) as T;
}

/** Of a picture on the page, in pixels; what the network sees is smaller than that. */
const LONGEST = 640;

async function image(picture: Picture, description: string): Promise<PreviewPicture> {
  const { height, width } = picture;
  const png = await encodePng(picture, { longest: LONGEST });
  return { source: `data:image/png;base64,${png.toString('base64')}`, height, width, description };
}
