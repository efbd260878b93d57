import type { KernelsRecord } from './measure-kernels.ts';
import { digits, percent } from './step-lines.ts';

const COLUMNS = ['op', 'size', 'pass', 'ms', 'GB/s', 'GFLOP/s', 'of the roof'] as const;

/** A table of kernels for a person, a line each, with the ceilings in the first. */
export function kernelLines({ ceilings, isa, threads, kernels }: KernelsRecord): string[] {
  const { gigaflopsPerSecond, gigabytesPerSecond } = ceilings;
  const rows = kernels.map((kernel) => [
    kernel.name,
    kernel.size,
    kernel.pass,
    digits(kernel.milliseconds),
    digits(kernel.gigabytesPerSecond),
    kernel.gigaflops === 0 ? '' : digits(kernel.gigaflopsPerSecond),
    percent(kernel.shareOfRoof),
  ]);
  return [
    `${isa}, ${threads} threads: at most ${digits(gigaflopsPerSecond)} GFLOP/s, ${digits(gigabytesPerSecond)} GB/s from memory`,
    ...aligned([[...COLUMNS], ...rows]),
  ];
}

/** Rows of cells as lines, each column as wide as its widest cell; numbers stand to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const left = rows[0]!.map((_, i) => rows.slice(1).some((row) => /[a-z]/i.test(row[i]!)));
  return rows.map((row) =>
    row
      .map((cell, i) => (left[i] ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
