import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What kernels read and write. */
export type KernelArray = Float32Array | Int32Array | Uint8Array;
/** Several arrays in one, one behind the other from its beginning: a kernel sees each by itself. */
export interface Parts {
  readonly array: KernelArray;
  readonly lengths: Int32Array;
}
export type KernelArgument = KernelArray | Parts;
/** Sizes and numbers of a kernel call: numbers, flags and lists of these. */
export type KernelAttrs = Readonly<Record<string, number | boolean | readonly number[] | readonly boolean[]>>;

export interface AddonDescription {
  /** The instruction set in use: `baseline`, `avx2` or `avx512`. */
  readonly isa: string;
  readonly threads: number;
  readonly compiler: string;
  readonly cudaBuilt: boolean;
  /** Version of the CUDA runtime that is built in, as 13000 for 13.0; 0 if there is none. */
  readonly cudaRuntime: number;
  readonly cudaDevices: number;
  /** `cudaSuccess` when there is a device to run on, else why not. */
  readonly cudaStatus: string;
}

interface Addon {
  run(
    device: string,
    kernel: string,
    inputs: readonly KernelArgument[],
    outputs: readonly KernelArgument[],
    attrs: KernelAttrs,
  ): void;
  allocate(bytes: number): ArrayBuffer;
  reserve(bytes: number): ArrayBuffer;
  populate(reserved: ArrayBuffer, bytes: number): void;
  describe(): AddonDescription;
  setIsa(name: string): string;
  setThreads(count: number): number;
}

export type AddonStatus =
  | ({ readonly loaded: true; readonly path: string } & AddonDescription)
  | { readonly loaded: false; readonly reason: string };

type Loading = { readonly addon: Addon; readonly path: string } | { readonly reason: string };

/** Where the addon may lie: beside the sources, and one folder above when this file is the compiled one in dist/. */
function candidates(): string[] {
  const named = process.env.UNNAS_NATIVE;
  if (named && named !== 'required') return [named];
  return ['./build/Release/unnas_native.node', '../build/Release/unnas_native.node'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
}

function load(): Loading {
  if (process.env.UNNAS_NATIVE === 'off') return { reason: 'UNNAS_NATIVE=off' };
  const require = createRequire(import.meta.url);
  const reasons: string[] = [];
  for (const path of candidates()) {
    try {
      const addon = require(path) as Addon;
      addon.describe(); // refuses an instruction set that UNNAS_ISA names and the machine lacks
      return { addon, path };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      reasons.push(code === 'MODULE_NOT_FOUND' ? `no file ${path}` : `${path}: ${message}`);
    }
  }
  return { reason: reasons.join('; ') };
}

let loading: Loading | undefined;

function addon(): Addon {
  loading ??= load();
  if ('addon' in loading) return loading.addon;
  throw new Error(`the native addon is not loaded (${loading.reason}); build it with: node native/build.mjs`);
}

/** What was loaded, or why nothing was. Never throws. */
export function addonStatus(): AddonStatus {
  loading ??= load();
  if (!('addon' in loading)) return { loaded: false, reason: loading.reason };
  return { loaded: true, path: loading.path, ...loading.addon.describe() };
}

/**
 * Runs a kernel of that name on the CPU. The caller has checked all sizes; the kernel writes every element of every output.
 *
 * @throws if there is no such kernel, or an attribute or an element type is not what the kernel asks for.
 */
export function run(
  kernel: string,
  inputs: readonly KernelArgument[],
  outputs: readonly KernelArgument[],
  attrs: KernelAttrs = {},
): void {
  const start = ledger === undefined ? 0 : performance.now();
  addon().run('cpu', kernel, inputs, outputs, attrs);
  if (ledger === undefined) return;
  const entry = (ledger[kernel] ??= { calls: 0, milliseconds: 0 });
  entry.calls++;
  entry.milliseconds += performance.now() - start;
}

/** What the calls of one kernel took, the way into C++ and back included. */
export interface KernelTime {
  calls: number;
  milliseconds: number;
}

let ledger: Record<string, KernelTime> | undefined;

/** Does a piece of synchronous work and gives, by name, the kernels that ran in it on the CPU. */
export function timeKernels<T>(work: () => T): { result: T; kernels: Record<string, KernelTime> } {
  const before = ledger;
  const kernels: Record<string, KernelTime> = {};
  ledger = kernels;
  try {
    return { result: work(), kernels };
  } finally {
    ledger = before;
  }
}

/** Zeroed memory that begins on a cache line. */
export const allocate = (bytes: number): ArrayBuffer => addon().allocate(bytes);

/** Zeroed memory that is taken from the system as it is first written, in huge pages where there are any. */
export const reserve = (bytes: number): ArrayBuffer => addon().reserve(bytes);

/** Begins to take the first bytes of reserved memory from the system, in the background. */
export const populate = (reserved: ArrayBuffer, bytes: number): void => addon().populate(reserved, bytes);

export const describe = (): AddonDescription => addon().describe();

/** Chooses another instruction set than the machine's best (the empty name), for tests; gives the one in use. */
export const setIsa = (name: '' | 'baseline' | 'avx2' | 'avx512'): string => addon().setIsa(name);

/** Sets the number of threads, 0 for UNNAS_THREADS or else all that the process may run on; gives the number in use. Results never depend on it. */
export const setThreads = (count: number): number => addon().setThreads(count);
