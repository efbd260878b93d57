import { formatLarge, formatSeconds } from '@unnas/report';
import type { SearchPlan } from './search-plan.ts';

/** A plan as a person reads it: pairs of what it is about and what is to be said. */
export function planRows(plan: SearchPlan): [string, string][] {
  return [
    ['search', search(plan)],
    ['network', network(plan)],
    ['', cost(plan)],
    ['steps', steps(plan)],
    ['time', time(plan)],
    ['memory', memory(plan)],
    ['advice', advice(plan)],
    ['how', how(plan)],
  ];
}

const whole = (count: number) => Math.round(count).toLocaleString('en-US');
const plural = (count: number, word: string) => `${whole(count)} ${word}${count === 1 ? '' : 's'}`;

function search({ task, algorithm, data }: SearchPlan): string {
  const where = data.found ? data.name : `${data.name}, which is not there: numbers as published`;
  const { halves } = data;
  return `${task} by ${algorithm} on ${whole(data.pictures)} pictures (${where}); ${whole(halves[0])} train the weights, ${whole(halves[1])} ${algorithm === 'darts' ? 'move the alphas and score' : 'score'}`;
}

function network({ network: { cells, channels, stem, input, head, classes, views } }: SearchPlan): string {
  const rows = views === 1 ? '' : `, ${views} for each picture`;
  return `${cells} cells of ${channels} channels, stem ${stem}, input ${input.join(' x ')}${rows}, head ${head} of ${classes} classes`;
}

function cost({ algorithm, network: { parameters, multiplyAdds, alphas } }: SearchPlan): string {
  const what = algorithm === 'darts' ? `${whole(alphas)} alphas` : 'in the first architecture that it draws';
  return `${whole(parameters)} parameters, ${formatLarge(multiplyAdds)} multiply-adds for a picture; ${what}`;
}

function steps({
  algorithm,
  network,
  steps: { epochs, batch, train, score, alphaStart, samples },
}: SearchPlan): string {
  const rows =
    network.views === 1
      ? ''
      : ` (${whole(batch * network.views)} ${network.head === 'jigsaw' ? 'tiles' : 'rows'})`;
  const start = alphaStart > 0 ? `; the alphas move from epoch ${alphaStart} on, counted from 0` : '';
  const rounds = algorithm === 'random' ? `, for each of ${plural(samples, 'architecture')}` : '';
  return `${plural(epochs, 'epoch')} of ${plural(train, 'step')} with a batch of ${plural(batch, 'picture')}${rows}${rounds}, and ${plural(score, 'batch').replace(/batchs$/, 'batches')} to score${start}`;
}

function time({ algorithm, steps, time }: SearchPlan): string {
  const { stepSeconds, epochSeconds, weightEpochSeconds, totalSeconds } = time;
  const before =
    algorithm === 'darts' && steps.alphaStart > 0
      ? ` (${span(weightEpochSeconds)} before the alphas move)`
      : '';
  return `about ${span(epochSeconds)} an epoch${before}, ${span(totalSeconds)} in all; ${formatSeconds(stepSeconds)} a step`;
}

/** A time in words; long ones in days. */
function span(seconds: number): string {
  return seconds < 48 * 3600 ? formatSeconds(seconds) : `${(seconds / 86_400).toPrecision(3)} days`;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

function memory({ memory, machine }: SearchPlan): string {
  const there = `this machine has ${gibibytes(machine.memoryBytes)}, ${gibibytes(machine.freeBytes)} of it free`;
  if (memory === null) return `not estimated on the backend ${machine.backend}; ${there}`;
  const pictures = memory.pictureBytes < 2 ** 24 ? '' : ` with ${gibibytes(memory.pictureBytes)} of pictures`;
  return `about ${gibibytes(memory.peakBytes)} at its peak: Node${pictures}, batches that wait, arrays of training or scoring, a checkpoint; ${there}`;
}

function advice({ memory, machine, steps: { batch }, rates, algorithm, data }: SearchPlan): string {
  if (memory === null)
    return `build the addon (see unnas doctor): the backend native is thousands of times faster`;
  const most = Math.min(memory.largestBatch, data.halves[0]);
  if (memory.largestBatch < 1)
    return 'not even a batch of one picture fits: use fewer channels or cells, or smaller pictures';
  if (most >= batch) return `a batch of ${whole(batch)} fits; up to ${whole(most)} pictures would`;
  const share = most / batch;
  const alphas = algorithm === 'darts' ? ` --alpha-learning-rate ${short(share * rates.alphas)}` : '';
  return `a batch of ${whole(batch)} does not fit into the free memory, ${whole(most)} would: --batch ${most} --learning-rate ${short(share * rates.weights)}${alphas} (rates in proportion to the batch)${machine.backend === 'native' ? '' : ', or the backend native'}`;
}

/** Three digits of a rate. */
const short = (rate: number) => `${Number(rate.toPrecision(3))}`;

function how({ measured: { batches, scaled }, machine }: SearchPlan): string {
  const { backend, isa, threads } = machine;
  const where = isa === null ? backend : `${backend} (${isa}, ${plural(threads ?? 1, 'thread')})`;
  const list =
    batches.length === 1
      ? `a batch of ${batches[0]}`
      : `batches of ${batches.slice(0, -1).join(', ')} and ${batches.at(-1)}`;
  const grown = scaled
    ? 'of a network of 2 cells of 2 channels; times grow with multiply-adds'
    : 'of this search; times in proportion to the last batch, memory of arrays along a straight line';
  return `timed on this machine, ${where}: steps with ${list} of noise, ${grown}. Decoding of files, its time and its memory, is not in it`;
}
