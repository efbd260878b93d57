import { freemem, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { peakResidentMiB } from '@unnas/bench';
import { type Cost, cost, edgeCount, randomGenotype, supernetCost } from '@unnas/genotype';
import type { Picture } from '@unnas/images';
import type { Task } from '@unnas/pretext';
import { inputError, Random } from '@unnas/random';
import { type Probe, probe } from '@unnas/search';
import { DATA_LAYOUTS } from '../data-layouts.ts';
import { dataSetOf, type SearchWishes, searchSettings, wishedRequest } from '../search-request.ts';
import { type AnyTask, taskOf } from '../task-choice.ts';
import { type Extrapolation, extrapolate } from './extrapolate.ts';
import { noisePictures, type PlannedData, plannedData } from './planned-data.ts';

/** What a search will be, before it begins. */
export interface SearchPlan {
  readonly task: string;
  readonly data: {
    readonly name: string;
    readonly pictures: number;
    /** Whether the pictures are there; if not, their number is the published one. */
    readonly found: boolean;
    /** Pictures that train the weights, and those that move the alphas. */
    readonly halves: readonly [weights: number, alphas: number];
  };
  readonly algorithm: 'darts' | 'random';
  readonly network: {
    readonly cells: number;
    readonly channels: number;
    readonly stem: string;
    /** Height, width and channels of what it sees. */
    readonly input: readonly [height: number, width: number, channels: number];
    readonly head: string;
    readonly classes: number;
    /** Of the supernet; of the first architecture in a random search. */
    readonly parameters: number;
    /** For one picture, all its rows, forward. */
    readonly multiplyAdds: number;
    /** Maps that it sees of each picture: turns, tiles. */
    readonly views: number;
    readonly alphas: number;
  };
  readonly steps: {
    readonly epochs: number;
    readonly batch: number;
    /** Of training in an epoch. */
    readonly train: number;
    /** Batches that score an epoch, or an architecture. */
    readonly score: number;
    readonly alphaStart: number;
    /** Architectures that a random search trains for all epochs each. */
    readonly samples: number;
  };
  readonly rates: { readonly weights: number; readonly alphas: number };
  readonly time: {
    readonly stepSeconds: number;
    /** Of an epoch in which the alphas move, and of one in which they do not; both with its scoring. */
    readonly epochSeconds: number;
    readonly weightEpochSeconds: number;
    readonly totalSeconds: number;
  };
  /** null where it cannot be told. */
  readonly memory: {
    /**
     * The most that the process will have in RAM: Node itself, pictures that are kept, batches that wait, the arrays of training or of
     * scoring (whichever is more), and a checkpoint that is being written. Threads that decode files are not in it.
     */
    readonly peakBytes: number;
    /** How much of it are pictures that are kept. */
    readonly pictureBytes: number;
    /** How much of it a checkpoint takes. */
    readonly checkpointBytes: number;
    /** The most pictures in a batch that the free memory has room for, with a margin. */
    readonly largestBatch: number;
  } | null;
  readonly machine: {
    readonly backend: string;
    readonly isa: string | null;
    readonly threads: number | null;
    readonly memoryBytes: number;
    readonly freeBytes: number;
  };
  /** Batches whose steps were timed; `scaled` if the network was too large for that, and a small one was timed in its place. */
  readonly measured: { readonly batches: readonly number[]; readonly scaled: boolean };
}

/** Units of work that a search prepares ahead; each has a batch for the weights and one for the alphas. */
const BATCHES_AHEAD = 2 * 3;
/** Larger batches are not tried once a step takes so long. */
const ENOUGH_SECONDS = 1;
/** Of the free memory, what a search may take, and what trying it may take. */
const [USABLE, TRIED] = [0.8, 0.4];
/** Multiply-adds of a picture from which on stock tfjs takes minutes for a step. */
const LARGE_FOR_STOCK = 2e7;

export interface Planning {
  readonly machine: {
    readonly backend: string;
    readonly isa: string | null;
    readonly threads: number | null;
  };
  readonly doing: (text: string) => void;
}

/** Plans a search: counts, and times some steps on noise. Writes nothing, and needs no pictures. Throws an input error where the search could not begin. */
export async function planSearch(wishes: SearchWishes, { machine, doing }: Planning): Promise<SearchPlan> {
  const request = wishedRequest(wishes);
  const data = await plannedData(request, DATA_LAYOUTS[dataSetOf(wishes)]);
  const task = taskOf(request, data.classes) as unknown as Task<Picture>;
  const { space, algorithm, ...settings } = searchSettings(request);
  const { batch, epochs, seed } = settings;
  const trained = Math.floor(data.pictures / 2);
  const halves = [trained, data.pictures - trained] as const;
  if (batch > trained) {
    throw inputError(
      `a batch of ${batch} pictures is larger than a half of ${data.name}: ${trained} of ${data.pictures} pictures`,
    );
  }
  const size = task.inputSize(data);
  const costs = costOf(request, task, size);
  const stock = machine.backend === 'cpu' && costs.multiplyAdds > LARGE_FOR_STOCK;
  const small = { ...request, cells: 2, channels: 2 };
  const tried = stock ? { ...searchSettings(small), batch: 1 } : { space, algorithm, batch };
  const { free, begin } = { free: freemem(), begin: peakBytes() };
  const probes: Probe[] = [];
  const source = noisePictures(data, 2 * batch);
  for await (const one of probe({
    ...settings,
    ...tried,
    task,
    source,
    seed,
    epochs,
    peakBytes,
    arrayBytes,
  })) {
    probes.push(one);
    doing(`trying steps: a batch of ${one.batch} takes ${one.stepSeconds.toPrecision(2)} s`);
    const next = extrapolate(probes, { begin, ahead: BATCHES_AHEAD }).memory(2 * one.batch);
    if (one.stepSeconds > ENOUGH_SECONDS || next - begin > TRIED * free) break;
  }
  const guess = extrapolate(probes, { begin, ahead: BATCHES_AHEAD });
  const slower = stock ? costs.multiplyAdds / costOf(small, task, size).multiplyAdds : 1;
  const steps = {
    epochs,
    batch,
    train: Math.floor(trained / batch),
    score: Math.ceil(Math.min(request.scored ?? Infinity, halves[1]) / batch),
    alphaStart: request.algorithm === 'darts' ? request.alphaStart : 0,
    samples: request.algorithm === 'random' ? request.samples : 1,
  };
  return {
    task: task.name,
    data: { name: data.name, pictures: data.pictures, found: data.found, halves },
    algorithm: request.algorithm,
    network: {
      cells: space.cells,
      channels: space.channels,
      stem: space.stem,
      input: [size, size, task.channels],
      head: task.head.kind,
      classes: task.classes,
      ...costs,
      views: task.views,
      alphas: request.algorithm === 'darts' ? 2 * edgeCount(space.nodes) * space.candidates.length : 0,
    },
    steps,
    rates: { weights: request.learningRate, alphas: request.alphaLearningRate },
    time: timeOf(guess, steps, { slower, alphas: request.algorithm === 'darts' }),
    memory: stock ? null : memoryOf(guess, { data, batch, free, parameters: costs.parameters }),
    machine: { ...machine, memoryBytes: totalmem(), freeBytes: free },
    measured: { batches: probes.map((one) => one.batch), scaled: stock },
  };
}

/** Parameters and multiply-adds of a picture: of the supernet, or of the first architecture of a random search. */
function costOf(
  { algorithm, cells, channels, stem, seed }: ReturnType<typeof wishedRequest>,
  { classes, channels: inputChannels, head, views }: Pick<AnyTask, 'classes' | 'channels' | 'head' | 'views'>,
  size: number,
): Cost {
  const network = { cells, channels, stem, classes, inputChannels, size, head };
  const random = Random.of(seed, 'genotype', 0);
  const { parameters, multiplyAdds } =
    algorithm === 'darts'
      ? supernetCost(network)
      : cost(
          randomGenotype(() => random.uniform()),
          network,
        );
  // The tiles of a puzzle are counted with its head.
  return { parameters, multiplyAdds: multiplyAdds * (head.kind === 'jigsaw' ? 1 : views) };
}

function timeOf(
  guess: Extrapolation,
  { epochs, batch, train, score, alphaStart, samples }: SearchPlan['steps'],
  { slower, alphas }: { slower: number; alphas: boolean },
): SearchPlan['time'] {
  const { prepareSeconds, stepSeconds, weightSeconds, scoreSeconds } = guess.times(batch);
  const both = slower * stepSeconds + 2 * prepareSeconds;
  const alone = slower * weightSeconds + prepareSeconds;
  const step = alphas ? both : alone;
  const scoring = score * (slower * scoreSeconds + prepareSeconds);
  // The alphas rest in the first steps.
  const resting = Math.min(epochs, alphaStart) * train;
  const training = resting * alone + (epochs * train - resting) * step;
  return {
    stepSeconds: step,
    epochSeconds: train * step + scoring,
    weightEpochSeconds: train * alone + scoring,
    totalSeconds: alphas ? training + epochs * scoring : samples * (training + scoring),
  };
}

function memoryOf(
  guess: Extrapolation,
  {
    data: { keptBytes },
    batch,
    free,
    parameters,
  }: { data: PlannedData; batch: number; free: number; parameters: number },
): SearchPlan['memory'] {
  // Each parameter and its momentum, in floats: read from the backend, and once more in the bytes of the file.
  const checkpointBytes = 2 * 2 * 4 * parameters;
  const fixed = keptBytes + checkpointBytes;
  return {
    peakBytes: guess.memory(batch) + fixed,
    pictureBytes: keptBytes,
    checkpointBytes,
    largestBatch: guess.largestBatch(USABLE * free - fixed),
  };
}

/** Of the backend native, whose arrays do not come and go with garbage. */
function arrayBytes(): number {
  const { native } = tf.backend().memory() as { native?: { readonly peak: number } };
  return native?.peak ?? 0;
}

function peakBytes(): number {
  return peakResidentMiB() * 2 ** 20;
}
