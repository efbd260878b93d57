import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '../build/emulation');

const runs = (command: string) => !spawnSync(command, ['--version'], { stdio: 'ignore' }).error;

/** Programs that the tests of the CUDA kernels need and this machine lacks; empty when they can run. */
export function missingTools(): string[] {
  return ['cmake', 'make', process.env.CXX ?? 'c++'].filter((command) => !runs(command));
}

/** The CUDA compiler of this machine, if it has one; `broken` holds its words if it cannot compile an empty kernel. */
export function findNvcc(): { command?: string; broken?: string } {
  const places = [process.env.CUDACXX, 'nvcc', '/usr/local/cuda/bin/nvcc'];
  const command = places.find((place) => place !== undefined && runs(place));
  if (command === undefined) return {};
  mkdirSync(folder, { recursive: true });
  const probe = join(folder, 'probe.cu');
  writeFileSync(probe, '__global__ void nothing() {}\n');
  const { status, stderr, stdout } = spawnSync(command, ['-std=c++20', '-ptx', probe, '-o', `${probe}.ptx`], {
    encoding: 'utf8',
  });
  return status === 0 ? { command } : { command, broken: stderr + stdout };
}

/**
 * Builds targets of CMakeLists.txt into native/build/emulation; throws with the compiler's words if that fails.
 * The targets ptx-* need `nvcc`.
 */
export function build(targets: readonly string[], nvcc?: string): void {
  mkdirSync(folder, { recursive: true });
  const configure = [
    '-G',
    'Unix Makefiles',
    '-DCMAKE_BUILD_TYPE=None',
    `-DNVCC=${nvcc ?? ''}`,
    '-S',
    here,
    '-B',
    folder,
  ];
  const build = ['--build', folder, '--parallel', '2', '--target', ...targets];
  for (const step of [configure, build]) {
    const { status, stdout, stderr } = spawnSync('cmake', step, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cmake ${step.join(' ')} failed:\n${stdout}\n${stderr}`);
  }
}

export interface Checks {
  /** Exit status: the number of failed checks. */
  readonly status: number | null;
  readonly passed: string[];
  readonly failed: string[];
  /** Everything the program printed. */
  readonly text: string;
}

/** Runs a built program and reads its lines "ok NAME: ..." and "FAILED NAME: ...". */
export function check(program: string, ...args: string[]): Checks {
  const { status, stdout, stderr } = spawnSync(join(folder, program), args, { encoding: 'utf8' });
  const text = stdout + stderr;
  writeFileSync(join(folder, `${[program, ...args].join('-')}.log`), text);
  const lines = stdout.split('\n');
  return {
    status,
    passed: lines.filter((line) => line.startsWith('ok ')),
    failed: lines.filter((line) => line.startsWith('FAILED ')),
    text,
  };
}
