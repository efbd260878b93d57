import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import type { ImagesOf, LabeledPicture, Picture, SegmentedPicture, Source } from '@unnas/images';
import type { Task } from '@unnas/pretext';
import { inputError } from '@unnas/random';
import { dartsSpace, type Space } from '@unnas/supernet';
import { type Json, type Settings, settingsOf } from './settings.ts';

/** Changes whenever a run folder of before can no longer be gone on with. */
export const RUN_VERSION = 2;

/** What a run was begun with: `config.json`. */
export interface RunConfig {
  readonly format: 'unnas-run';
  readonly version: number;
  readonly versions: { readonly unnas: string; readonly tfjs: string; readonly node: string };
  readonly backend: string;
  /** What else of the machine can change the last bits, as the caller told it. */
  readonly environment: Readonly<Record<string, Json>>;
  readonly task: TaskDescription;
  readonly data: DataDescription;
  readonly space: Space;
  readonly algorithm: { readonly name: string } & Readonly<Record<string, Json>>;
  readonly settings: Settings;
  /** Whatever the caller wanted to remember. */
  readonly origin: Json;
}

export interface TaskDescription {
  readonly name: string;
  readonly classes: number;
  readonly channels: number;
  readonly views: number;
  readonly options: { readonly [name: string]: Json };
  /** Name of the metric, and what guessing gets by it; null where that depends on the pictures. */
  readonly metric: { readonly name: string; readonly chance: number | null };
}

/** Enough to tell whether two sets of pictures are the same. */
export interface DataDescription {
  readonly name: string;
  readonly pictures: number;
  /** Side in pixels; null where each picture has a size of its own. */
  readonly size: number | null;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** SHA-256 of the above but the name, of all labels, and of 16 pictures spread over the set, with their label maps. */
  readonly digest: string;
}

export function describeTask<P extends Picture>({
  name,
  classes,
  channels,
  views,
  options,
  metric,
}: Task<P>): TaskDescription {
  const { name: metricName, chance } = metric;
  return { name, classes, channels, views, options, metric: { name: metricName, chance } };
}

export async function describeData<P extends Picture>(images: ImagesOf<P>): Promise<DataDescription> {
  const source = images as Source<Picture | LabeledPicture | SegmentedPicture> & {
    readonly labels?: Int32Array;
  };
  const { name, length, size, labels } = source;
  const { mean, deviation } = source;
  const hash = createHash('sha256').update(JSON.stringify({ length, size, mean, deviation }));
  if (labels !== undefined) hash.update(bytesOf(labels));
  const count = Math.min(16, length);
  const spread = Array.from({ length: count }, (_, i) =>
    Math.floor((i * (length - 1)) / Math.max(1, count - 1)),
  );
  for (const picture of await source.load(spread)) {
    hash.update(picture.data);
    if ('labelMap' in picture) hash.update(picture.labelMap);
  }
  return { name, pictures: length, size, mean, deviation, digest: hash.digest('hex') };
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function runConfig(
  parts: Pick<RunConfig, 'environment' | 'task' | 'data' | 'space' | 'algorithm' | 'settings' | 'origin'>,
): RunConfig {
  return {
    format: 'unnas-run',
    version: RUN_VERSION,
    versions: { unnas: ownVersion(), tfjs: tf.version.tfjs, node: process.versions.node },
    backend: tf.getBackend(),
    ...parts,
  };
}

function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

const PARTS = ['versions', 'environment', 'task', 'data', 'space', 'algorithm', 'settings'] as const;

/** The value as a config of this version. Throws an input error naming `file` where it is none. */
export function checkConfig(value: unknown, file: string): RunConfig {
  const config = (typeof value === 'object' ? value : null) as Partial<RunConfig> | null;
  if (config?.format !== 'unnas-run') throw inputError(`${file} is not the config of a run`);
  if (config.version !== RUN_VERSION) {
    throw inputError(
      `${file} is of version ${config.version} of the run folder, this program goes on with version ${RUN_VERSION}; it was written by unnas ${config.versions?.unnas}`,
    );
  }
  const missing = PARTS.find((name) => typeof config[name] !== 'object' || config[name] === null);
  if (missing !== undefined) throw inputError(`${file} is damaged: it has no ${missing}`);
  const whole = config as RunConfig;
  try {
    return { ...whole, space: dartsSpace(whole.space), settings: settingsOf(whole.settings) };
  } catch (cause) {
    throw inputError(`${file} is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** Throws an input error unless a run can go on with this task. */
export function checkSameTask(config: RunConfig, task: TaskDescription, folder: string): void {
  if (words(config.task) === words(task)) return;
  throw inputError(
    `${folder} was searched with the task ${words(config.task)}, cannot go on with ${words(task)}`,
  );
}

function words({ name, classes, channels, views, options }: TaskDescription): string {
  const sorted = Object.entries({ classes, channels, views, ...options }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return `${name} (${sorted.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ')})`;
}

/** Throws an input error unless a run can go on with these pictures. The name of the set may differ. */
export function checkSameData(config: RunConfig, data: DataDescription, folder: string): void {
  if (config.data.digest === data.digest) return;
  const { pictures, size } = config.data;
  const words = ({ name, pictures, size }: DataDescription) =>
    `${pictures} of ${size === null ? 'sizes of their own' : `${size} x ${size}`} (${name})`;
  throw inputError(
    `${folder} was searched on other pictures: ${words(config.data)}, now there are ${words(data)}${
      pictures === data.pictures && size === data.size ? ' with other content' : ''
    }`,
  );
}

/** What has changed around a run and can change its last bits, in sentences. */
export function differencesOf(
  before: RunConfig,
  now: Pick<RunConfig, 'versions' | 'backend' | 'environment'>,
): string[] {
  const flat = ({ versions, backend, environment }: typeof now): Record<string, Json> => ({
    backend,
    'version of unnas': versions.unnas,
    'version of tfjs': versions.tfjs,
    'version of Node': versions.node,
    ...environment,
  });
  const [then, today] = [flat(before), flat(now)];
  return [...new Set([...Object.keys(then), ...Object.keys(today)])]
    .filter((name) => JSON.stringify(then[name]) !== JSON.stringify(today[name]))
    .map(
      (name) =>
        `${name}: begun with ${JSON.stringify(then[name] ?? null)}, now ${JSON.stringify(today[name] ?? null)}`,
    );
}
