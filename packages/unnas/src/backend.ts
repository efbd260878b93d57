import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { addonStatus, registerNativeBackend } from '@unnas/native';
import { inputError } from '@unnas/random';
import { BACKENDS, type BackendName } from './backend-name.ts';
import { didYouMean } from './suggest.ts';

/**
 * Makes a backend the current one. Without a name: `native` if its addon is there, else `cpu`. Gives the name of the backend
 * in use. Throws an input error that says why a backend cannot be had and how to get it.
 */
export async function useBackend(name?: BackendName): Promise<BackendName> {
  switch (name) {
    case undefined:
      return useBackend(addonStatus().loaded ? 'native' : 'cpu');
    case 'native': {
      const status = addonStatus();
      if (!status.loaded)
        throw inputError(`the backend 'native' is not there: ${status.reason}. ${HOW_TO_BUILD}`);
      await registerNativeBackend();
      break;
    }
    case 'cpu':
      await tf.setBackend('cpu');
      break;
    case 'tensorflow':
      await loadTensorflow();
      await tf.setBackend('tensorflow');
      break;
    case 'cuda':
      throw inputError(
        "the backend 'cuda' is not in this version: its kernels are built and tested, but not yet connected",
      );
    default:
      throw inputError(
        `there is no backend '${name}', expected ${BACKENDS.join(', ')}${didYouMean(String(name), BACKENDS)}`,
      );
  }
  await tf.ready();
  return name;
}

/** How to get the addon, in a checkout and in a project that installed the packages. */
export const HOW_TO_BUILD =
  "Build it with 'npm run setup' in a checkout, or with 'node node_modules/@unnas/native/build.mjs' where it was installed " +
  '(needs cmake, a C++20 compiler, and make or ninja)';

const TFJS_GPU = '@tensorflow/tfjs-node-gpu';

async function loadTensorflow(): Promise<void> {
  const status = tensorflowStatus();
  if (status.missing) throw inputError(`the backend 'tensorflow' is not there: ${status.missing}`);
  // tfjs-node 4.22 calls a function that Node 23 took away.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    await import(TFJS_GPU);
  } catch (error) {
    const reason = (error as Error).message.trim().split('\n')[0];
    throw inputError(`the backend 'tensorflow' could not be loaded: ${reason}`, { cause: error });
  }
}

const require = createRequire(import.meta.url);

/** Whether stock tfjs on libtensorflow can be loaded; if not, `missing` says what is missing and how to get it. */
export function tensorflowStatus(): { readonly missing?: string } {
  let folder: string;
  try {
    folder = dirname(require.resolve(`${TFJS_GPU}/package.json`));
  } catch {
    return { missing: `${TFJS_GPU} is not installed. Get it with 'npm install ${TFJS_GPU}@4.22.0'` };
  }
  if (existsSync(join(folder, 'lib'))) return {};
  return {
    missing: `${TFJS_GPU} is there, but its binary part was not downloaded. Get it with 'npm run enable:tfjs-gpu'`,
  };
}
