// Builds the addon. Without a compiler the project still works on stock tfjs, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const has = (command) => !spawnSync(command, ['--version'], { stdio: 'ignore' }).error;

const compiler = process.env.CXX ?? 'c++';
const missing = ['cmake', compiler].filter((command) => !has(command));
if (missing.length > 0) {
  console.warn(
    `unnas: ${missing.join(' and ')} not found, so the native addon is not built and stock tfjs is used instead.\n` +
      '       On Debian or Ubuntu: apt-get install -y cmake g++ make',
  );
  mkdirSync(join(here, 'build/Release'), { recursive: true });
  process.exit(process.env.UNNAS_NATIVE === 'required' ? 1 : 0);
}

const cmakeJs = require.resolve('cmake-js/bin/cmake-js');
const options = [`--CDUNNAS_CUDA=${process.env.UNNAS_CUDA ?? 'AUTO'}`];
if (process.env.UNNAS_CUDA_ARCHS) options.push(`--CDUNNAS_CUDA_ARCHS=${process.env.UNNAS_CUDA_ARCHS}`);

const cmake = (...args) =>
  spawnSync(process.execPath, [cmakeJs, ...args], { cwd: here, stdio: 'inherit' }).status === 0;
let configured = cmake('configure', ...options);
if (!configured && existsSync(join(here, 'build/CMakeCache.txt'))) {
  // A cache left by another CMake or another place can make a good tree fail: once more from nothing.
  rmSync(join(here, 'build'), { recursive: true, force: true });
  configured = cmake('configure', ...options);
}
const built = configured && cmake('build', '--parallel', '2');
if (!built) {
  console.warn('unnas: the native addon could not be built (see above); stock tfjs is used instead.');
  mkdirSync(join(here, 'build/Release'), { recursive: true });
  process.exit(process.env.UNNAS_NATIVE === 'required' ? 1 : 0);
}
