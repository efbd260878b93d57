import * as tf from '@tensorflow/tfjs';
import { inputError } from '@unnas/random';

/**
 * Makes a backend the current one: `cpu` is stock tfjs, `native` our addon; without a name `native` where it is built.
 *
 * @throws InputError if it is not there
 */
export async function selectBackend(name?: string): Promise<void> {
  if (name === undefined) {
    const { addonStatus } = await import('@unnas/native');
    return selectBackend(addonStatus().loaded ? 'native' : 'cpu');
  }
  if (name === 'native') {
    const { registerNativeBackend } = await import('@unnas/native');
    if (!(await registerNativeBackend()))
      throw inputError('the addon of the backend native is not built here');
  } else if (name !== 'cpu') {
    throw inputError(`expected the backend cpu or native, got ${name}`);
  }
  await tf.setBackend(name);
  await tf.ready();
}
