export { classification } from './classification.ts';
export { rotation } from './rotation.ts';
export type { Head, HostBatch, Mode, Task } from './task.ts';
