import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type PrecisionRecord, type StepRecord } from '@unnas/bench';
import { ACTIVATIONS, type Activations } from '@unnas/nn';
import { unnas } from './unnas-command.ts';

/** A search on CIFAR-10 that takes a minute or two: 30 steps an epoch. */
const SEARCH = {
  ...{ data: 'cifar10', limit: 960, cells: 4, channels: 8, epochs: 6, batch: 16, scored: 256 },
  ...{ 'learning-rate': 0.1, 'alpha-start': 1, 'alpha-learning-rate': 0.003 },
} as const;

/**
 * What it does to keep activations as bfloat16: the same small search from the same seed with each of both, and in turns the weight
 * step of the supernet.
 */
export async function precision({
  batch,
  turns,
  seed,
  threads,
  onSay,
}: {
  batch: number;
  turns: number;
  seed: number;
  threads: number;
  onSay?: (text: string) => void;
}): Promise<PrecisionRecord[]> {
  const steps = new Map<Activations, StepRecord[]>(ACTIVATIONS.map((activations) => [activations, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const activations of ACTIVATIONS) {
      onSay?.(`round ${turn + 1} of ${turns}: a step with ${activations}`);
      const step = { batch, seed, threads, steps: 3, kind: 'weight', backend: 'native', activations };
      const json = await unnas('bench', 'step', ...typed(step), '--json');
      steps.get(activations)!.push(JSON.parse(json) as StepRecord);
    }
  }
  const records: PrecisionRecord[] = [];
  for (const activations of ACTIVATIONS) {
    onSay?.(`a search with ${activations}`);
    const own = steps.get(activations)!;
    records.push({
      activations,
      ...(await curves({ ...SEARCH, seed, threads, activations })),
      stepMilliseconds: median(own.map(({ medianMilliseconds }) => medianMilliseconds)),
      peakResidentMiB: Math.max(...own.map(({ peakResidentMiB }) => peakResidentMiB)),
    });
  }
  return records;
}

/** Loss and held-out accuracy of every epoch of a search. */
async function curves(options: Record<string, number | string>) {
  const folder = mkdtempSync(join(tmpdir(), 'unnas-precision-'));
  try {
    await unnas('search', ...typed(options), '--out', join(folder, 'run'), '--json');
    const lines = readFileSync(join(folder, 'run', 'log.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const epochs = lines.map((line) => JSON.parse(line) as { loss: number; accuracy: number });
    return { losses: epochs.map(({ loss }) => loss), accuracies: epochs.map(({ accuracy }) => accuracy) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const typed = (options: Record<string, number | string>) =>
  Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
