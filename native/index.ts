export {
  type AddonDescription,
  type AddonStatus,
  addonStatus,
  describe,
  type KernelArray,
  type KernelAttrs,
  type KernelTime,
  run,
  setThreads,
  timeKernels,
} from './addon.ts';
export { NativeBackend } from './backend.ts';
export { type Ceilings, ceilings, fmaCeiling, memoryCeiling } from './ops/ceiling.ts';
export { registerNativeBackend } from './registration.ts';
