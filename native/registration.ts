import * as tf from '@tensorflow/tfjs';
import { addonStatus } from './addon.ts';
import { NativeBackend } from './backend.ts';
import { kernels as relu } from './ops/relu.ts';
import { BACKEND_NAME } from './override.ts';

/** Every kernel that this package brings, each taking the place of tfjs's own on the backend `native`. */
const kernels: readonly tf.KernelConfig[] = [relu].flat();

/** Above tfjs's own backends, so that it is the default once it is registered. */
const PRIORITY = 10;

/**
 * Registers the backend `native` and makes it the current one. Gives false, and leaves tfjs as it is, when the addon is not
 * there; `addonStatus()` says why. With UNNAS_NATIVE=required in the environment a missing addon is an error.
 */
export async function registerNativeBackend(): Promise<boolean> {
  const status = addonStatus();
  if (!status.loaded) {
    if (process.env.UNNAS_NATIVE === 'required') throw new Error(`UNNAS_NATIVE=required: ${status.reason}`);
    return false;
  }
  if (tf.findBackendFactory(BACKEND_NAME) === null) {
    registerKernels();
    tf.registerBackend(BACKEND_NAME, () => new NativeBackend(), PRIORITY);
  }
  return tf.setBackend(BACKEND_NAME);
}

function registerKernels(): void {
  const own = new Set(kernels.map((kernel) => kernel.kernelName));
  for (const kernel of kernels) tf.registerKernel(kernel);
  for (const stock of tf.getKernelsForBackend('cpu'))
    if (!own.has(stock.kernelName)) tf.registerKernel({ ...stock, backendName: BACKEND_NAME });
}
