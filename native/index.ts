export {
  type AddonDescription,
  type AddonStatus,
  addonStatus,
  describe,
  type KernelArray,
  type KernelAttrs,
  run,
  setThreads,
} from './addon.ts';
export { NativeBackend } from './backend.ts';
export { registerNativeBackend } from './registration.ts';
