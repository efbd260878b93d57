import { availableParallelism } from 'node:os';
import { median, type ScalingPoint, type StepRecord } from '@unnas/bench';
import { unnas } from './unnas-command.ts';

/** Powers of two up to the number of cores, and that number. */
const THREADS = [1, 2, 4, 8, 16, 32, 64].filter((count) => count < availableParallelism());

/** A search on CIFAR-10, with the batch that is asked for. */
const BASE = { batch: 16, channels: 16, cells: 8, threads: availableParallelism() } as const;

/** What is varied, one at a time. */
const AXES: Readonly<Record<ScalingPoint['axis'], readonly number[]>> = {
  batch: [1, 4, 16, 64],
  channels: [8, 16, 24, 32],
  cells: [4, 8, 14, 20],
  threads: [...THREADS, availableParallelism()],
};

/** A step at every point, each in a process of its own, in as many rounds as there are turns. */
export async function scaling({
  batch,
  turns,
  seed,
  onSay,
}: {
  batch: number;
  turns: number;
  seed: number;
  onSay?: (text: string) => void;
}): Promise<ScalingPoint[]> {
  const points = (Object.entries(AXES) as [ScalingPoint['axis'], readonly number[]][]).flatMap(
    ([axis, values]) => values.map((value) => ({ axis, settings: { ...BASE, batch, [axis]: value } })),
  );
  // The step that nothing is varied in is a point on every axis.
  const distinct = new Map(points.map(({ settings }) => [JSON.stringify(settings), settings]));
  const records = new Map([...distinct.keys()].map((key) => [key, [] as StepRecord[]]));
  for (let round = 0; round < turns; round++) {
    for (const [key, settings] of distinct) {
      onSay?.(`round ${round + 1} of ${turns}: ${key}`);
      records.get(key)!.push(await step({ ...settings, seed }));
    }
  }
  return points.map(({ axis, settings }) => ({ axis, step: middle(records.get(JSON.stringify(settings))!) }));
}

async function step(settings: Record<string, number>): Promise<StepRecord> {
  const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const stdout = await unnas(
    ...['bench', 'step', '--backend', 'native', '--kind', 'weight', '--steps', '3', ...options, '--json'],
  );
  return JSON.parse(stdout) as StepRecord;
}

/** The record whose time is nearest to the median of all. */
function middle(records: readonly StepRecord[]): StepRecord {
  const target = median(records.map(({ medianMilliseconds }) => medianMilliseconds));
  const distance = (record: StepRecord) => Math.abs(record.medianMilliseconds - target);
  return records.reduce((best, record) => (distance(record) < distance(best) ? record : best));
}
