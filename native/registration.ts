import * as tf from '@tensorflow/tfjs';
import { addonStatus } from './addon.ts';
import { NativeBackend } from './backend.ts';
import { kernels as addScaled } from './ops/add-scaled.ts';
import { kernels as batchNorm } from './ops/batch-norm.ts';
import { kernels as binary } from './ops/binary.ts';
import { kernels as conv2d } from './ops/conv2d.ts';
import { kernels as copy } from './ops/copy.ts';
import { kernels as crossEntropy } from './ops/cross-entropy.ts';
import { kernels as depthwiseConv } from './ops/depthwise-conv.ts';
import { kernels as derivedCell } from './ops/derived-cell.ts';
import { kernels as firstLargest } from './ops/first-largest.ts';
import { kernels as frameBatch } from './ops/frame-batch.ts';
import { kernels as frameLabels } from './ops/frame-labels.ts';
import { kernels as globalNorm } from './ops/global-norm.ts';
import { kernels as jigsawBatch } from './ops/jigsaw-batch.ts';
import { kernels as labBatch } from './ops/lab-batch.ts';
import { kernels as matrixProduct } from './ops/matrix-product.ts';
import { kernels as mixedSum } from './ops/mixed-sum.ts';
import { kernels as movingAverage } from './ops/moving-average.ts';
import { kernels as optimizer } from './ops/optimizer.ts';
import { kernels as pool } from './ops/pool.ts';
import { kernels as projection } from './ops/projection.ts';
import { kernels as relu } from './ops/relu.ts';
import { kernels as searchCell } from './ops/search-cell.ts';
import { kernels as separableConv } from './ops/separable-conv.ts';
import { kernels as softmax } from './ops/softmax.ts';
import { kernels as sum } from './ops/sum.ts';
import { kernels as unary } from './ops/unary.ts';
import { kernels as upsample } from './ops/upsample.ts';
import { BACKEND_NAME } from './override.ts';

/** Every kernel that this package brings, each taking the place of tfjs's own on the backend `native`. */
const kernels: readonly tf.KernelConfig[] = [
  addScaled,
  batchNorm,
  binary,
  conv2d,
  copy,
  crossEntropy,
  depthwiseConv,
  derivedCell,
  firstLargest,
  frameBatch,
  frameLabels,
  globalNorm,
  jigsawBatch,
  labBatch,
  matrixProduct,
  mixedSum,
  movingAverage,
  optimizer,
  pool,
  projection,
  relu,
  searchCell,
  separableConv,
  softmax,
  sum,
  unary,
  upsample,
].flat();

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
