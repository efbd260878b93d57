import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import type { Picture } from '@unnas/images';
import { addonStatus, setThreads } from '@unnas/native';
import { inputError } from '@unnas/random';
import {
  compareRunWithRandom,
  type EpochRecord,
  type Json,
  readConfig,
  readRecords,
  reproduce,
  resumeSearch,
  type SearchOptions,
  type SearchRun,
  search,
} from '@unnas/search';
import { useBackend } from './backend.ts';
import { BACKENDS, type BackendName } from './backend-name.ts';
import type { Voice } from './data.ts';
import { grayWarning } from './gray-warning.ts';
import { planSearch } from './plan/search-plan.ts';
import type { SearchJob, SearchMessage } from './search-job.ts';
import {
  type Material,
  originOf,
  picturesAndTask,
  type RunOrigin,
  type SearchRequest,
  searchRequest,
  searchSettings,
} from './search-request.ts';
import { skippedFiles } from './skipped-files.ts';
import { writeReport } from './write-report.ts';

/** A search that is killed loses no more than this and its last step. */
const CHECKPOINT_SECONDS = 5;

interface Outside {
  readonly post: (message: SearchMessage) => void;
  readonly signal: AbortSignal;
}

/** Does a job and tells what happens. What goes wrong is thrown. */
export async function doSearchJob(job: SearchJob, { post, signal }: Outside): Promise<void> {
  if (job.kind === 'plan') return planJob(job, post);
  const request = job.kind === 'new' ? searchRequest(job.wishes ?? {}) : originalRequest(job.folder);
  const environment = await prepareBackend(job, post);
  const material = await picturesAndTask(request, voiceOf(post));
  tellSkipped(material.images.skipped, post);
  const known = material.images.skipped.length;
  const gray = await grayWarning(request.task, material.images);
  if (gray !== null) post({ event: 'note', text: gray });
  const records = job.kind === 'resume' ? readRecords(job.folder) : [];
  const begun = {
    event: 'begun',
    folder: job.folder,
    backend: tf.getBackend(),
    ...environment,
    task: material.task.name,
    chance: material.task.metric.chance,
    metric: material.task.metric.name,
    data: material.images.name,
    pictures: material.images.length,
    size: material.images.size,
    round: job.kind === 'compare' || request.algorithm === 'random' ? 'architecture' : 'epoch',
    roundsDone: records.length,
  } as const;
  const common = {
    ...material,
    environment: { isa: environment.isa },
    signal,
    onProgress: (progress: Parameters<NonNullable<SearchOptions<Picture>['onProgress']>>[0]) =>
      post({ event: 'progress', progress }),
  };
  const checkpoint = {
    seconds: CHECKPOINT_SECONDS,
    ...(job.checkpointEvery === undefined ? {} : { steps: job.checkpointEvery }),
  };
  if (job.kind === 'repro') {
    post(begun);
    const reproduction = await reproduce(job.folder, common);
    if (reproduction) post({ event: 'reproduced', folder: job.folder, reproduction });
    return;
  }
  if (job.kind === 'compare') {
    const run = compareRunWithRandom(job.folder, { ...common, checkpoint, ...job.comparison });
    post(begun);
    await follow(run, post);
    if (run.outcome !== 'finished') return;
    post({
      event: 'compared',
      folder: job.folder,
      baseline: run.baseline,
      report: await writeReport(job.folder),
    });
    return;
  }
  const origin: RunOrigin = {
    request,
    skipped: material.images.skipped,
    machine: { processor: cpus()[0]?.model.trim() ?? 'unknown', threads: environment.threads },
  };
  const run =
    job.kind === 'new'
      ? search({
          ...common,
          ...searchSettings(request),
          checkpoint,
          folder: job.folder,
          origin: origin as unknown as Json,
        })
      : resumeSearch(job.folder, { ...common, checkpoint });
  post(begun);
  const report = await follow(run, post, () => writeReport(job.folder));
  tellSkipped(material.images.skipped.slice(known), post);
  const genotype = run.records.length > 0 ? run.genotype : null;
  post({ event: 'ended', outcome: run.outcome ?? 'stopped', folder: job.folder, genotype, report });
}

async function planJob(job: SearchJob, post: Outside['post']): Promise<void> {
  const { isa, threads } = await prepareBackend(job, post);
  const plan = await planSearch(job.wishes ?? {}, {
    machine: { backend: tf.getBackend(), isa, threads },
    doing: (text) => post({ event: 'doing', text }),
  });
  post({ event: 'planned', plan });
}

/** Iterates a run to its end and tells of it; `write` is called after each epoch, and its last result given. */
async function follow(
  run: Pick<SearchRun, 'notes' | 'records'> & AsyncIterable<EpochRecord>,
  post: Outside['post'],
  write?: () => Promise<string>,
): Promise<string | null> {
  let written: string | null = null;
  let told = 0;
  const tellNotes = () => {
    for (; told < run.notes.length; told++) {
      post({ event: 'note', text: `this may change the last bits: ${run.notes[told]}` });
    }
  };
  for await (const record of run) {
    tellNotes();
    post({ event: 'epoch', record });
    written = (await write?.()) ?? null;
  }
  tellNotes();
  if (run.records.length > 0) written ??= (await write?.()) ?? null;
  return written;
}

interface Environment {
  readonly isa: string | null;
  readonly threads: number | null;
}

async function prepareBackend(job: SearchJob, post: Outside['post']): Promise<Environment> {
  const wanted =
    job.backend ?? (job.kind === 'new' || job.kind === 'plan' ? undefined : backendOf(job.folder));
  const backend = await useBackend(wanted);
  const status = addonStatus();
  if (wanted === undefined && backend === 'cpu' && !status.loaded) {
    post({
      event: 'note',
      text: `the native addon is not there (${status.reason}); going on with stock tfjs, which is thousands of times slower. See unnas doctor`,
    });
  }
  if (backend !== 'native' || !status.loaded) return { isa: null, threads: null };
  return { isa: status.isa, threads: setThreads(job.threads ?? 0) };
}

function backendOf(folder: string): BackendName | undefined {
  const { backend } = readConfig(folder);
  return BACKENDS.find((name) => name === backend);
}

function originalRequest(folder: string): SearchRequest {
  const origin = originOf(readConfig(folder));
  if (origin !== undefined) return origin.request;
  throw inputError(
    `the run in ${folder} was not begun by 'unnas search', so its pictures are not known here; use resumeSearch()`,
  );
}

function voiceOf(post: Outside['post']): Voice {
  return {
    note: (text) => post({ event: 'note', text }),
    progress: (text) => post({ event: 'doing', text }),
    endProgress: () => {},
  };
}

function tellSkipped(skipped: Material['images']['skipped'], post: Outside['post']): void {
  const text = skippedFiles(skipped, ': the report names all');
  if (text !== null) post({ event: 'note', text });
}
