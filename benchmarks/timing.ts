import { arch, cpus, platform, totalmem } from 'node:os';

/** Who takes part in a comparison: does its work once and says how many milliseconds that took. */
export interface Contender {
  readonly name: string;
  /** Images that one turn goes through. */
  readonly images: number;
  run(): Promise<number> | number;
}

export interface Timing {
  readonly name: string;
  readonly images: number;
  readonly median: number;
  readonly best: number;
  /** Every turn after the warm-up, in order. */
  readonly milliseconds: number[];
}

/**
 * Lets contenders take turns, A B C A B C ..., so that whatever else the machine does meets all of them alike. What counts is
 * the ratio of medians of one call, never a time by itself.
 */
export async function takeTurns(
  contenders: readonly Contender[],
  { turns, warmup = 1 }: { turns: number; warmup?: number },
): Promise<Timing[]> {
  const times = contenders.map((): number[] => []);
  for (let turn = 0; turn < warmup + turns; turn++) {
    for (const [i, contender] of contenders.entries()) {
      const milliseconds = await contender.run();
      if (turn >= warmup) times[i]!.push(milliseconds);
    }
  }
  return contenders.map(({ name, images }, i) => ({
    name,
    images,
    median: median(times[i]!),
    best: Math.min(...times[i]!),
    milliseconds: times[i]!,
  }));
}

/** Milliseconds that a synchronous piece of work takes. */
export function clock(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a measurement was taken on: without it a number means nothing. */
export function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
  };
}
