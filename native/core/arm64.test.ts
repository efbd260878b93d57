import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// The addon builds for arm64 as well: with the cross compiler, where it is installed (Debian: g++-aarch64-linux-gnu).

const native = fileURLToPath(new URL('..', import.meta.url));
const compiler = 'aarch64-linux-gnu-g++';
const available = spawnSync(compiler, ['--version']).status === 0;
/** `e_machine` of an ELF file, and its number for arm64. */
const MACHINE_OFFSET = 18;
const AARCH64 = 183;

it.runIf(available)(`${compiler} builds the addon without a warning`, () => {
  const build = mkdtempSync(join(tmpdir(), 'unnas-arm64-'));
  const cmake = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('cmake', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    return stdout + stderr;
  };
  try {
    const target = ['-DCMAKE_SYSTEM_NAME=Linux', '-DCMAKE_SYSTEM_PROCESSOR=aarch64'];
    // What compiles does not depend on the optimisation, which takes most of the time.
    const options = [`-DCMAKE_CXX_COMPILER=${compiler}`, '-DUNNAS_CUDA=OFF', '-DUNNAS_OPTIMISE=-O0'];
    cmake('-S', native, '-B', build, ...target, ...options);
    expect(cmake('--build', build, '--parallel', '2')).not.toContain('warning:');
    expect(readFileSync(join(build, 'unnas_native.node')).readUInt16LE(MACHINE_OFFSET)).toBe(AARCH64);
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
});
