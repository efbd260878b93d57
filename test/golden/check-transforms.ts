import { CIFAR10_STATISTICS, type Picture, type Preparation, type Statistics } from '@unnas/images';
import {
  centreView,
  classification,
  colorization,
  drawCrop,
  drawLighting,
  drawRegion,
  frameBatch,
  frameLabels,
  type HostBatch,
  jigsaw,
  labBatch,
  labOf,
  rotation,
  scaledView,
  segmentation,
  type Task,
  type View,
  wholeView,
} from '@unnas/pretext';
import type { Random } from '@unnas/random';
import type { Comparison } from './comparison.ts';
import type { GoldenFile } from './golden-file.ts';
import { TRANSFORM } from './limits.ts';
import { type Draw, replay } from './replay.ts';

/** A prepared picture of the original code, with the random numbers that it drew. */
interface Case {
  readonly case: string;
  readonly fn: string;
  readonly image: string;
  /** Of the crop in training. */
  readonly size: number;
  /** What the shorter side is scaled to. */
  readonly test_size?: number;
  readonly pad?: number;
  readonly dataset?: string;
  readonly split?: string;
  readonly grid?: number;
  /** Share of pictures that become gray. */
  readonly gray?: number;
  /** Whether the picture is what the release meant, or what it does. */
  readonly upright?: boolean;
  readonly draws: readonly Draw[];
}

const PREPARATIONS: Readonly<Record<string, Preparation>> = {
  cifar10: 'cifar',
  imagenet: 'imagenet',
  cityscapes: 'cityscapes',
};
const IMAGENET_STATISTICS: Statistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
/** Makes the values of a batch those of the picture, from 0 to 255. */
const AS_THEY_ARE: Statistics = { mean: [0, 0, 0], deviation: [1 / 255, 1 / 255, 1 / 255] };

/** Preparation of pictures: every case with the draws that the original made. */
export function checkTransforms(file: GoldenFile, comparison: Comparison): void {
  if (file.meta.lab_table) checkLabTable(file, comparison);
  for (const at of (file.meta.cases ?? []) as Case[]) {
    const draws = replay(at.draws, { exact: at.upright !== true });
    if (at.fn in taskOf) checkTask(file, at, draws, comparison);
    else checkStage(file, at, draws, comparison);
    comparison.equal(`${at.case}: all draws are used`, draws.left() === 0);
  }
}

/** Tasks by the names of the original, and with the options of a case. */
const taskOf: Readonly<Record<string, (at: Case) => Task<Golden>>> = {
  cls: (at) => classification({ classes: 2, ...framing(at) }) as Task<Golden>,
  rot: (at) => rotation(framing(at)),
  col: (at) => colorization(framing(at)),
  jig: (at) =>
    jigsaw({
      ...framing(at),
      grid: at.grid!,
      // How many permutations there are is told by the draw of one of them.
      permutations: at.draws.find(({ fn, args }) => fn === 'randint' && args.length === 1)!.args[0]!,
      gray: at.gray!,
    }),
  seg: (at) => segmentation({ classes: 19, ...framing(at) }) as Task<Golden>,
};

type Golden = Picture & { readonly label: number; readonly labelMap: Uint8Array };

function framing({ size, test_size, upright }: Case) {
  return { crop: size, resize: test_size, release: upright !== true };
}

function checkTask(file: GoldenFile, at: Case, draws: Random, comparison: Comparison): void {
  const preparation = PREPARATIONS[at.dataset!];
  if (preparation === undefined) throw new RangeError(`there is no check for the data set ${at.dataset}`);
  const picture = pictureOf(file, at.image);
  const statistics = preparation === 'cifar' ? CIFAR10_STATISTICS : IMAGENET_STATISTICS;
  const source = { ...statistics, preparation, size: picture.height };
  const train = at.split === 'train';
  const batch =
    at.fn === 'seg' && !train
      ? wholePicture(picture, statistics, at)
      : taskOf[at.fn]!(at).prepare([picture], source, [draws], train ? 'train' : 'test');
  comparison.tensor(`${at.case}/out`, batch.x, TRANSFORM);
  compareLabels(`${at.case}/label`, batch.y, file, comparison);
}

/** Segmentation is tested on whole pictures, with one more row and column of border. */
function wholePicture(picture: Golden, { mean, deviation }: Statistics, { upright }: Case): HostBatch {
  const [height, width] = [picture.height + 1, picture.width + 1];
  const size = Math.max(height, width);
  const view = wholeView(picture);
  const released = upright === false;
  const backwards = (values: Statistics['mean']) => [...values].reverse() as unknown as Statistics['mean'];
  const x = frameBatch({
    pictures: [picture],
    // Mirrored, the border has to stay at the right.
    views: [released ? { ...view, cropLeft: picture.width - size, flip: true } : view],
    size,
    lighting: null,
    mean: released ? backwards(mean) : mean,
    deviation: released ? backwards(deviation) : deviation,
    turns: 1,
  });
  const y = frameLabels({
    labelMaps: [{ height: picture.height, width: picture.width, data: picture.labelMap }],
    views: [view],
    size,
  });
  return {
    x: Float32Array.from(cut(x, size, height, width, 3)),
    xShape: [1, height, width, 3],
    y: Int32Array.from(cut(y, size, height, width, 1)),
    yShape: [1, height, width],
  };
}

/** The parts of what a task does. */
function checkStage(file: GoldenFile, at: Case, draws: Random, comparison: Comparison): void {
  const picture = pictureOf(file, at.image);
  const [height, width] = file.stored(`${at.case}/out`).shape as [number, number, number];
  const size = Math.max(height, width);
  const lit = at.fn === 'lighting_normalize';
  const x = frameBatch({
    pictures: [picture],
    views: [stageView(picture, at, draws)],
    size,
    lighting: lit ? Float32Array.from(drawLighting(draws)) : null,
    turns: 1,
    ...(lit ? IMAGENET_STATISTICS : AS_THEY_ARE),
  });
  comparison.tensor(`${at.case}/out`, [...cut(x, size, height, width, 3)], TRANSFORM);
}

function stageView(picture: Picture, { fn, size, test_size, pad }: Case, draws: Random): View {
  switch (fn) {
    case 'random_sized_crop': {
      const region = drawRegion(picture, draws, true);
      if (region === undefined) return centreView(picture, { size, resize: size });
      return { ...wholeView(picture), ...region, scaledHeight: size, scaledWidth: size };
    }
    case 'scale':
      return scaledView(picture, size);
    case 'scale_center_crop':
      return centreView(picture, { size, resize: test_size ?? null });
    case 'random_crop': {
      const view = wholeView(picture);
      return { ...view, ...drawCrop(view, size, draws, { padding: pad ?? 0, release: true }) };
    }
    case 'lighting_normalize':
      return wholeView(picture);
    default:
      throw new RangeError(`there is no check for the transform ${fn}`);
  }
}

/** Lab and bins of a table of colours. */
function checkLabTable(file: GoldenFile, comparison: Comparison): void {
  const { shape, data } = file.stored('in/rgb');
  const [height, width] = shape as [number, number, number];
  const picture = { height, width, data: data as Uint8Array };
  const size = Math.max(height, width);
  const lab = Array.from({ length: height * width }, (_, i) =>
    labOf(picture.data[3 * i]!, picture.data[3 * i + 1]!, picture.data[3 * i + 2]!),
  );
  comparison.tensor('out/lab', lab.flat(), TRANSFORM);
  const views = [wholeView(picture)];
  const { x, y } = labBatch({ pictures: [picture], views, size, mean: 0, deviation: 1 / 100 });
  const lightness = [...cut(x, size, height, width, 1)];
  const same = lightness.every((value, i) => Math.abs(value - lab[i]![0]) <= TRANSFORM * 100);
  comparison.equal('lightness of the batch', same);
  const classes = Int32Array.from(cut(y, size, height, width, 1));
  compareLabels('out/class', classes, file, comparison);
}

/** Labels are right or wrong. */
function compareLabels(name: string, labels: Int32Array, file: GoldenFile, comparison: Comparison): void {
  if (!file.has(name)) return;
  comparison.tensor(name, labels, 0);
}

/** The first rows and columns of a square of pixels. */
function* cut(
  values: ArrayLike<number>,
  size: number,
  height: number,
  width: number,
  channels: number,
): Generator<number> {
  for (let row = 0; row < height; row++) {
    for (let at = 0; at < width * channels; at++) yield values[row * size * channels + at]!;
  }
}

function pictureOf(file: GoldenFile, name: string): Golden {
  const { shape, data } = file.stored(`img/${name}`);
  const [height, width] = shape as [number, number, number];
  const labelMap = file.has(`lab/${name}`)
    ? Uint8Array.from(file.stored(`lab/${name}`).data as ArrayLike<number>)
    : new Uint8Array();
  return { height, width, data: data as Uint8Array, label: 0, labelMap };
}
