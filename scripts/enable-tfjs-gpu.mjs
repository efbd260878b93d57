// Runs the install script of @tensorflow/tfjs-node-gpu, which our installs leave out because it downloads hundreds of
// megabytes from outside the npm registry (libtensorflow 2.9.1 for CUDA 11, and the binding). A mirror can be named:
//   TFJS_NODE_BASE_URI=http://mirror/libtensorflow- npm_config_tfjs_binding_binary_host_mirror=http://mirror/ npm run enable:tfjs-gpu
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setup } from './setup.mjs';

setup();
const require = createRequire(new URL('../packages/unnas/package.json', import.meta.url));
let folder;
try {
  folder = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
} catch {
  console.error(
    'unnas: @tensorflow/tfjs-node-gpu is not installed here: it is an optional dependency that was left out.',
  );
  process.exit(1);
}
const { status } = spawnSync('npm', ['run', 'install'], {
  cwd: folder,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (status === 0)
  console.error("unnas: enabled. useBackend('tensorflow') and --backend tensorflow use it now.");
else console.error('unnas: it could not be installed (see above); every other backend works as before.');
process.exit(status ?? 1);
