import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TrainingStepOptions } from '@unnas/bench';
import type { StepCommand } from './step-process.ts';

export type Layout = 'channels_last' | 'NCHW';

export interface Python {
  readonly command: string;
  /** Of PyTorch. */
  readonly version: string;
}

const script = fileURLToPath(new URL('./pytorch/darts_step.py', import.meta.url));

/** Where a Python may be: the one that PYTHON names, and the usual ones. */
export const places = (): string[] => [
  ...(process.env.PYTHON ? [process.env.PYTHON] : []),
  ...['python3', '/usr/bin/python3', '/usr/local/bin/python3'],
  ...Array.from({ length: 8 }, (_, i) => `python3.${16 - i}`),
];

/** The Python with the newest PyTorch; undefined where none has it. */
export function findPython(candidates: readonly string[] = places()): Python | undefined {
  const found = candidates.flatMap((command): Python[] => {
    // Loading PyTorch takes seconds, reading its version does not.
    const version = say(command, "from importlib.metadata import version; print(version('torch'))");
    return version === undefined ? [] : [{ command, version }];
  });
  found.sort((a, b) => compareVersions(b.version, a.version));
  return found.find(({ command }) => say(command, "import torch; print('here')") === 'here');
}

function say(command: string, code: string): string | undefined {
  const { status, stdout } = spawnSync(command, ['-c', code], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Negative where the first is the older version. */
export function compareVersions(a: string, b: string): number {
  const parts = (version: string) => version.split(/[.+]/).map((part) => Number.parseInt(part, 10) || 0);
  const [first, second] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (first[i] ?? 0) - (second[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The same step in PyTorch. */
export function pytorchStep(
  { command }: Python,
  { layout, threads, ...options }: TrainingStepOptions & { layout: Layout; threads: number },
): StepCommand {
  const { stem: _, genotype, ...numbers } = options;
  // They make its BLAS slow.
  const { OPENBLAS_CORETYPE: __, OPENBLAS_L2_SIZE: ___, ...inherited } = process.env;
  const named = Object.entries({
    layout,
    threads,
    ...numbers,
    ...(genotype === undefined ? {} : { genotype: JSON.stringify(genotype) }),
  });
  return {
    name: `PyTorch ${layout === 'NCHW' ? layout : 'channels-last'}`,
    images: options.batch,
    command,
    args: [script, ...named.flatMap(([name, value]) => [`--${name}`, `${value}`])],
    env: { ...inherited, PYTHONDONTWRITEBYTECODE: '1' },
  };
}
