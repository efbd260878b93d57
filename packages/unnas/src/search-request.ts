import type { Picture } from '@unnas/images';
import type { Activations } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { darts, type RunConfig, randomSearch, type SearchOptions } from '@unnas/search';
import { dartsSpace } from '@unnas/supernet';
import {
  type DataChoice,
  openImages,
  openLabeled,
  openSegmented,
  settledChoice,
  type Voice,
} from './data.ts';
import { DATA_LAYOUTS, type DataSetName } from './data-layouts.ts';
import { kebab } from './options.ts';
import { PRESETS, type PresetName } from './preset-names.ts';
import { type PresetRequest, presetRequest } from './presets.ts';
import { type TaskChoice, taskOf } from './task-choice.ts';
import type { TaskName } from './task-names.ts';

/** A search as plain values: what a preset holds and the command line changes. `config.json` keeps it as the run's origin. */
export interface SearchRequest extends DataChoice, TaskChoice {
  readonly cells: number;
  readonly channels: number;
  readonly stem: 'cifar' | 'imagenet';
  readonly epochs: number;
  /** Pictures in a batch. */
  readonly batch: number;
  readonly seed: number;
  readonly algorithm: 'darts' | 'random';
  /** Of `darts`. */
  readonly order: 1 | 2;
  readonly alphaLearningRate: number;
  readonly alphaStart: number;
  /** Of `random`: how many architectures it tries. */
  readonly samples: number;
  readonly learningRate: number;
  readonly minimumLearningRate: number;
  readonly weightDecay: number;
  /** How many held-out pictures score an epoch; all if null. */
  readonly scored: number | null;
  /** Stop once the normal cell has more skip connections than this; never if null. */
  readonly stopOnCollapse: number | null;
  /** Of `darts`: what maps are kept as between the passes; float32 if it is not there. */
  readonly activations?: Activations;
}

/** What a command line says of a search: a preset, and what is to be other than there. */
export interface SearchWishes extends Partial<SearchRequest> {
  readonly preset?: PresetName;
}

/** The whole request. Throws an input error for a setting that belongs to another algorithm or task, and for data that are not there. */
export function searchRequest(wishes: SearchWishes): SearchRequest {
  const { data, ...request } = wishedRequest(wishes);
  if (data !== null) return settledChoice({ ...request, data });
  const { title, layout } = DATA_LAYOUTS[dataSetOf(wishes)];
  throw inputError(
    `${title} cannot be fetched: this search takes --data DIR, its folder, with ${layout} (--plan needs none)`,
  );
}

/** The same, with `data` null where the user has to say where they are, and did not. */
export function wishedRequest({ preset, ...wishes }: SearchWishes): PresetRequest {
  const base = presetRequest(preset ?? presetFor(wishes.task));
  // Another grid has permutations of its own.
  const permutations = wishes.grid === undefined ? base.permutations : null;
  const request = { ...base, permutations, ...wishes };
  const labels = LABELLED.includes(request.task);
  const owners = {
    order: [request.algorithm, 'darts'],
    alphaStart: [request.algorithm, 'darts'],
    alphaLearningRate: [request.algorithm, 'darts'],
    samples: [request.algorithm, 'random'],
    activations: [request.algorithm, 'darts'],
    classes: [request.task, labels ? request.task : LABELLED.join(' and ')],
    grid: [request.task, 'jigsaw'],
    permutations: [request.task, 'jigsaw'],
    gray: [request.task, 'jigsaw'],
  } as const;
  for (const [setting, [is, needed]] of Object.entries(owners)) {
    if (setting in wishes && is !== needed) {
      throw inputError(`--${kebab(setting)} is a setting of ${needed}, and this is a search with ${is}`);
    }
  }
  return request;
}

/** The data set that a search is made for, where the user named none. */
export function dataSetOf({ preset, task }: SearchWishes): DataSetName {
  return PRESETS[preset ?? presetFor(task)].data;
}

/** Tasks that learn from labels. */
const LABELLED: readonly TaskName[] = ['classification', 'segmentation'];

/** The search that a task is first of all. */
function presetFor(task: TaskName = 'rotation'): PresetName {
  return task === 'segmentation' ? 'cityscapes-segmentation' : `cifar10-${task}`;
}

/** The pictures of a request and the task on them: what a run needs besides its config to go on. */
export async function picturesAndTask(request: SearchRequest, voice: Voice): Promise<Material> {
  const images = await openFor(request, voice);
  const task = taskOf(request, 'classes' in images ? images.classes.length : 0);
  // Pictures with the labels that the task learns from: they suit each other, which is all that the search asks.
  return { images, task } as unknown as Material;
}

function openFor(request: SearchRequest, voice: Voice) {
  if (request.task === 'segmentation') return openSegmented(request, voice);
  return request.task === 'classification' ? openLabeled(request, voice) : openImages(request, voice);
}

export type Material = Pick<SearchOptions<Picture>, 'images' | 'task'>;

/** The settings of a request as options of `search`. */
export function searchSettings(request: Omit<SearchRequest, 'data'>) {
  const { cells, channels, stem, epochs, batch, seed, scored, stopOnCollapse, activations } = request;
  const { learningRate, minimumLearningRate, weightDecay } = request;
  return {
    space: dartsSpace({ cells, channels, stem }),
    algorithm: algorithmOf(request),
    epochs,
    batch,
    seed,
    learningRate,
    minimumLearningRate,
    weightDecay,
    scored,
    stopAfterSkips: stopOnCollapse,
    ...(activations === undefined ? {} : { activations }),
  };
}

/** What `config.json` keeps of where a run came from. */
export interface RunOrigin {
  readonly request: SearchRequest;
  /** Files that could not be used. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  readonly machine: { readonly processor: string; readonly threads: number | null };
}

/** What the command line noted when it began a run; undefined where a program began it in another way. */
export function originOf({ origin }: Pick<RunConfig, 'origin'>): RunOrigin | undefined {
  const { request, skipped } = (origin ?? {}) as Partial<RunOrigin>;
  const known = typeof request?.data === 'string' && Array.isArray(skipped);
  return known ? (origin as unknown as RunOrigin) : undefined;
}

function algorithmOf(request: Omit<SearchRequest, 'data'>) {
  const { algorithm, order, alphaLearningRate, alphaStart, samples } = request;
  return algorithm === 'random'
    ? randomSearch({ samples })
    : darts({ order, learningRate: alphaLearningRate, alphaStart });
}
