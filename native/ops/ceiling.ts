import { allocate, describe, run } from '../addon.ts';

/** What the machine can do at most with the threads and the instruction set in use. */
export interface Ceilings {
  /** Multiply-adds on registers, two operations each, in every sample. */
  readonly gigaflopsPerSecond: number[];
  /** The triad c = a + 3 b on arrays that no cache holds, 12 bytes an element, in every sample. */
  readonly gigabytesPerSecond: number[];
}

/** A chunk takes well under a millisecond: a thread that loses its core for a moment does not keep the others waiting. */
const ROUNDS = 20_000;
const CHUNKS_A_THREAD = 256;

/** One sample, of about a hundredth of a second, of the rate of multiply-adds, in GFLOP/s. */
export function fmaCeiling({ rounds = ROUNDS, chunks = CHUNKS_A_THREAD * describe().threads } = {}): number {
  const sums = new Float32Array(chunks);
  const operations = new Int32Array(1);
  const milliseconds = clock(() => run('fma_ceiling', [], [sums, operations], { rounds }));
  return (operations[0]! * rounds * chunks) / milliseconds / 1e6;
}

/** Samples of the rate of memory, in GB/s, on three arrays of so many elements; they take their memory and give it back. */
export function memoryCeiling({ samples = 5, elements = 2 ** 24 } = {}): number[] {
  const [a, b, c] = Array.from({ length: 3 }, (_, i) => new Float32Array(allocate(4 * elements)).fill(i)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return Array.from({ length: samples }, () => {
    const milliseconds = clock(() => run('memory_ceiling', [a, b], [c]));
    return (12 * elements) / milliseconds / 1e6;
  });
}

/** Both ceilings, each in so many samples. */
export function ceilings({ samples = 5 } = {}): Ceilings {
  return {
    gigaflopsPerSecond: Array.from({ length: samples }, () => fmaCeiling()),
    gigabytesPerSecond: memoryCeiling({ samples }),
  };
}

function clock(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
