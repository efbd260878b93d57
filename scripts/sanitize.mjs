// The C++ kernels under AddressSanitizer and UndefinedBehaviorSanitizer: `npm run sanitize`.
//
// Builds the addon into native/build/sanitize with both, and runs the tests of the kernels with it. Kernels read and write
// memory that the addon allocates (native/core), and so does Node with malloc: an access one element past an array lies in a red
// zone and ends the run. Arguments are names of test files, all tests of native/ops by default.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const native = join(root, 'native');
const out = join(native, 'build/sanitize');
const compiler = process.env.CXX ?? 'c++';

/** The runtime library of a sanitizer. It must be in the process before anything else, and Node was not linked to it. */
function runtime(name) {
  const path = execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  if (!existsSync(path)) stop(`${compiler} has no ${name}: this needs GCC on Linux with its sanitizers`);
  return path;
}

function stop(why) {
  console.error(`unnas: ${why}`);
  process.exit(1);
}

function cmake(...args) {
  const cmakeJs = createRequire(join(native, 'package.json')).resolve('cmake-js/bin/cmake-js');
  const { status } = spawnSync(process.execPath, [cmakeJs, ...args, '--out', out], {
    cwd: native,
    stdio: 'inherit',
  });
  if (status !== 0) stop('the addon could not be built with the sanitizers (see above)');
}

const libraries = ['libasan.so', 'libubsan.so', 'libstdc++.so'].map(runtime);
cmake('configure', '--CDUNNAS_SANITIZE=ON', '--CDUNNAS_CUDA=OFF');
cmake('build', '--parallel', String(Math.min(2, availableParallelism())));

const addon = join(out, 'Release/unnas_native.node');
const env = {
  ...process.env,
  LD_PRELOAD: libraries.join(':'),
  UNNAS_NATIVE: addon,
  // Node leaks by design at its end. The first finding ends the process, so that no test can hide it.
  ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1:abort_on_error=1',
  UBSAN_OPTIONS: 'halt_on_error=1:abort_on_error=1:print_stacktrace=1',
};

// First that a fault would be noticed: a kernel that writes one element past an array of the addon.
const overrun = `const addon = require(process.env.UNNAS_NATIVE);
addon.run('cpu', 'relu', [new Float32Array(100)], [new Float32Array(addon.allocate(396))], {});`;
const planted = spawnSync(process.execPath, ['-e', overrun], { env, encoding: 'utf8' });
if (!planted.stderr.includes('AddressSanitizer')) stop(`a planted fault was not noticed:\n${planted.stderr}`);

const tests = process.argv.slice(2);
const vitest = [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  ...(tests.length > 0 ? tests : ['native/ops']),
];
const { status, signal } = spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit', env });
if (status !== 0)
  stop(`the kernels do not run clean under the sanitizers (${signal ?? `exit code ${status}`})`);
console.log('unnas: the kernels run clean under AddressSanitizer and UndefinedBehaviorSanitizer');
