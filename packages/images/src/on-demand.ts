import { join } from 'node:path';
import { inputError } from '@unnas/random';
import type { Images, Picture, SegmentedImages, SegmentedPicture, Skipped, Source } from './picture.ts';
import { type LoaderOptions, PictureLoader } from './picture-loader.ts';
import { checkIndex } from './pixels.ts';
import { replacingBroken } from './replacement.ts';

export interface OnDemandOptions extends LoaderOptions {
  /** Share of the files that may be broken, 0 to 1; by default 0.1. More are an error when the one too many is met. */
  readonly maxBroken?: number;
}

/** Files of pictures, each with its own size, that are decoded when they are asked for. */
export interface PictureFiles extends Pick<Source<Picture>, 'name' | 'preparation' | 'mean' | 'deviation'> {
  /** What the paths of files begin with. */
  readonly folder: string;
  readonly length: number;
  /** Path of a file below the folder. */
  readonly fileOf: (index: number) => string;
  /** Files that were left out from the beginning. */
  readonly others?: readonly Skipped[];
}

/**
 * A set of pictures of their own sizes. Nothing is decoded before it is asked for; a file that turns out broken then is named in
 * `skipped` and the next good one of the set takes its place.
 */
export function picturesOnDemand(files: PictureFiles, options: OnDemandOptions): Images {
  return onDemand(files, options, pictureOf(files, new PictureLoader(options)));
}

/** A label map for each picture. */
export interface LabelMapFiles {
  readonly classes: readonly string[];
  /** Path of the label map of a picture below the folder. */
  readonly labelMapOf: (index: number) => string;
  /** For each of the values 0 to 255 in that file its class; -1 where a value must not occur. */
  readonly tableOf: (index: number) => Int16Array;
}

/** The same with a label map for each picture. With and without the maps, what is decoded is kept in one cache. */
export function segmentedOnDemand(
  files: PictureFiles,
  { classes, labelMapOf, tableOf }: LabelMapFiles,
  options: OnDemandOptions,
): SegmentedImages {
  const loader = new PictureLoader(options);
  const load = pictureOf(files, loader);
  const attempt = async (index: number): Promise<SegmentedPicture | Skipped> => {
    const file = labelMapOf(index);
    const request = { labelMap: join(files.folder, file), table: tableOf(index) };
    const [picture, map] = await Promise.all([load(index), loader.load(`labels ${index}`, request)]);
    if ('reason' in picture) return picture;
    if ('reason' in map) return { file, reason: map.reason };
    const { height, width } = picture;
    if (map.height !== height || map.width !== width) {
      const reason = `${map.width}x${map.height} pixels for a picture of ${width}x${height}`;
      return { file, reason };
    }
    return { ...picture, labelMap: map.pixels };
  };
  const images = onDemand(files, options, load);
  return { ...onDemand(files, options, attempt), segments: true, classes, images };
}

function pictureOf({ folder, fileOf }: PictureFiles, loader: PictureLoader) {
  return async (index: number): Promise<Picture | Skipped> => {
    const file = fileOf(index);
    const picture = join(folder, file);
    const decoded = await loader.load(`picture ${index}`, { picture, size: null, allowFlat: true });
    if ('reason' in decoded) return { file, reason: decoded.reason };
    return { height: decoded.height, width: decoded.width, data: decoded.pixels };
  };
}

/** A set of which `attempt` gives one picture or says why it cannot be used. */
function onDemand<P extends Picture>(
  files: PictureFiles,
  options: OnDemandOptions,
  attempt: (index: number) => Promise<P | Skipped>,
): Source<P> {
  const { name, length, preparation, mean, deviation } = files;
  const broken = new BrokenFiles(files, options);
  const tryLoad = (indices: ArrayLike<number>) =>
    Promise.all(
      Array.from(indices, async (index) => {
        checkIndex(index, length);
        if (!broken.has(index)) {
          const outcome = await attempt(index);
          if (!('reason' in outcome)) return outcome;
          broken.add(index, outcome);
        }
        broken.check();
        return undefined;
      }),
    );
  const about = { name, length, size: null, preparation, mean, deviation, skipped: broken.skipped };
  return { ...about, ...replacingBroken(about, tryLoad) };
}

/** The files of a set that turned out broken, in the order of the set, whatever the order in which they were met. */
class BrokenFiles {
  /** What was left out from the beginning, then the broken files. */
  readonly skipped: Skipped[];
  readonly #files: PictureFiles;
  readonly #most: number;
  readonly #indices: number[] = [];
  readonly #known = new Set<number>();

  constructor(files: PictureFiles, { maxBroken = 0.1 }: OnDemandOptions) {
    if (!(maxBroken >= 0 && maxBroken <= 1)) {
      throw inputError(`the share of broken files lies between 0 and 1, got ${maxBroken}`);
    }
    this.#files = files;
    this.#most = maxBroken * files.length;
    this.skipped = [...(files.others ?? [])];
  }

  has(index: number): boolean {
    return this.#known.has(index);
  }

  add(index: number, one: Skipped): void {
    if (this.has(index)) return;
    this.#known.add(index);
    const found = this.#indices.findIndex((other) => other > index);
    const at = found < 0 ? this.#indices.length : found;
    this.#indices.splice(at, 0, index);
    this.skipped.splice((this.#files.others?.length ?? 0) + at, 0, one);
  }

  /** Throws an input error when there are more than may be. */
  check(): void {
    if (this.#indices.length <= this.#most) return;
    const { name, length, folder, others = [] } = this.#files;
    const first = this.skipped.slice(others.length, others.length + 3);
    throw inputError(
      `${name}: ${this.#indices.length} of the ${length} pictures in ${folder} cannot be used so far, ` +
        `expected at most ${+((100 * this.#most) / length).toFixed(2)} %: ` +
        first.map(({ file, reason }) => `${file} (${reason})`).join(', '),
    );
  }
}
