import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, IMAGENET_STATISTICS, listPictures, type Picture, type Source } from '@unnas/images';
import { inputError, Random } from '@unnas/random';
import { DATA_SETS, type DataChoice, openImages, openLabeled, settledChoice } from '../data.ts';
import { DATA_LAYOUTS, type DataLayout } from '../data-layouts.ts';
import { layoutOf } from '../layout-of.ts';
import type { PresetRequest } from '../presets.ts';

/** What a plan knows of the pictures of a search, which need not be there. */
export interface PlannedData
  extends Pick<DataLayout, 'preparation' | 'size' | 'classes' | 'mean' | 'deviation'> {
  readonly name: string;
  readonly pictures: number;
  /** Whether the pictures were found and counted; if not, numbers are those that were published. */
  readonly found: boolean;
  /** Height and width of a usual picture. */
  readonly usual: readonly [height: number, width: number];
  /** The most bytes of memory that a search keeps of its pictures. */
  readonly keptBytes: number;
}

/** Pictures of their own sizes are decoded when they are asked for; of those, so many bytes are kept. */
const CACHE_BYTES = 2 ** 30;

/** Of both parts of CIFAR-10. */
const CIFAR10_PICTURES = 60_000;

/** Usual sizes of pictures that keep their own. */
const USUAL = { cifar: [375, 500], imagenet: [375, 500], cityscapes: [1024, 2048] } as const;

/** The pictures that a request asks for, without opening them: files are counted, not decoded. Throws an input error for a folder without pictures. */
export async function plannedData(request: PresetRequest, layout: DataLayout): Promise<PlannedData> {
  const { data, limit } = request;
  const known =
    data === null || DATA_SETS.includes(data)
      ? published(data, layout)
      : await found(settledChoice({ ...request, data }));
  if (limit !== null && limit > known.pictures) {
    throw inputError(`--limit asks for ${limit} pictures, and ${known.name} has ${known.pictures}`);
  }
  const pictures = limit ?? known.pictures;
  const usual = known.size === null ? USUAL[known.preparation] : ([known.size, known.size] as const);
  // CIFAR-10 is read as a whole, whatever part of it is used, and its test set with it.
  const inMemory = known.name === DATA_LAYOUTS.cifar10.title ? CIFAR10_PICTURES : pictures;
  const bytes = inMemory * usual[0] * usual[1] * 3;
  return { ...known, pictures, usual, keptBytes: known.size === null ? Math.min(bytes, CACHE_BYTES) : bytes };
}

function published(data: string | null, { title, ...layout }: DataLayout) {
  const there = data !== null && existsSync(join(cacheFolder(), 'cifar-10', 'test_batch.bin'));
  return { ...layout, name: title, found: there };
}

/** Pictures that are there: listed, not decoded. */
async function found(choice: DataChoice) {
  const { data, size } = choice;
  const layout = await layoutOf(data, choice.list ?? null);
  if (layout === 'folder') {
    const { pictures } = await listPictures(data);
    if (pictures.length === 0) throw inputError(`${data} has no pictures`);
    const classes = new Set(pictures.map(({ file }) => file.slice(0, file.indexOf('/')))).size;
    const counted = { name: data, pictures: pictures.length, found: true, classes, size };
    // As imageFolder() has it: pictures that keep their sizes are prepared like those of ImageNet.
    if (size === null) return { ...counted, preparation: 'imagenet', ...IMAGENET_STATISTICS } as const;
    const colours = { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] } as const;
    return { ...counted, preparation: 'cifar', ...colours } as const;
  }
  const { title, ...known } = DATA_LAYOUTS[layout];
  if (layout === 'cifar10') return { ...known, name: title, found: true };
  const all = { ...choice, limit: null };
  const images = await (layout === 'cityscapes' ? openImages(all, SILENT) : openLabeled(all, SILENT));
  const classes = 'classes' in images ? images.classes.length : known.classes;
  return { ...known, name: title, found: true, pictures: images.length, classes };
}

const SILENT = { note: () => {}, progress: () => {}, endProgress: () => {} };

/** Pictures of noise, for steps that are timed: as large as usual ones, with all labels that a task may want. */
export function noisePictures(
  { usual: [height, width], size, preparation, mean, deviation }: PlannedData,
  length: number,
): Source<Picture> {
  const random = Random.of(0, 'noise');
  const data = Uint8Array.from({ length: height * width * 3 }, () => random.integer(256));
  const picture = { height, width, data, label: 0, labelMap: new Uint8Array(height * width) };
  return {
    name: 'noise',
    length,
    size,
    preparation,
    mean,
    deviation,
    skipped: [],
    load: async (indices) => Array.from(indices, () => picture),
  };
}
