import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';

/** What a measurement was taken on: without it a number means nothing. */
export interface Machine {
  readonly processor: string;
  /** Threads that this process may use at once. */
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted a core, on average over the last minute: above `cores` the machine is busy. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
    load: Math.round(10 * loadavg()[0]!) / 10,
  };
}

/**
 * The most memory in RAM that this process ever had, in MiB. Linux hands the maximum of `resourceUsage()` on from a process to
 * those it starts, so the kernel's own mark of this process counts where it can be read.
 */
export function peakResidentMiB(): number {
  let status = '';
  try {
    status = readFileSync('/proc/self/status', 'utf8');
  } catch {
    // Not Linux.
  }
  const mark = status.match(/^VmHWM:\s+(\d+) kB$/m);
  const kibibytes = mark ? Number(mark[1]) : process.resourceUsage().maxRSS;
  return Math.round(kibibytes / 102.4) / 10;
}
