import { freemem } from 'node:os';
import { DataStorage, type DataType, engine, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { allocate, type KernelArray, populate, reserve } from './addon.ts';
import { BufferPool, type PooledType } from './buffer-pool.ts';

type Values = Parameters<MathBackendCPU['write']>[0];
type ArrayOf<T extends DataType> = T extends 'int32'
  ? Int32Array
  : T extends 'bool'
    ? Uint8Array
    : Float32Array;

/**
 * The record of an array from the pool. Stock tfjs kernels and the user get at `values` through the property of that name;
 * some keep the array or a part of it (a read tensor, a slice), so an array that was seen this way never returns to the pool. Of
 * an array in shared memory they see a copy.
 */
class PooledData {
  readonly array: KernelArray;
  readonly dtype: PooledType;
  readonly #shared: boolean;
  refCount = 1;
  escaped = false;

  constructor(array: KernelArray, dtype: PooledType, shared: boolean) {
    this.array = array;
    this.dtype = dtype;
    this.#shared = shared;
  }

  get values(): KernelArray {
    if (this.#shared) return this.array.slice();
    this.escaped = true;
    return this.array;
  }
}

/** What tfjs names a tensor's values by. */
interface DataId {
  readonly id?: number;
  record?: unknown;
}

/**
 * As the storage of tfjs, but a record hangs on the data id itself: tfjs keeps them in a WeakMap, and the garbage collector takes its
 * time with one of thousands of entries that come and go.
 */
class Records<T> extends DataStorage<T> {
  readonly #backend: KernelBackend;
  #count = 0;

  constructor(backend: KernelBackend) {
    super(backend, engine());
    this.#backend = backend;
  }

  override get(dataId: DataId): T {
    if (dataId.record === undefined) engine().moveData(this.#backend, dataId);
    return dataId.record as T;
  }

  override set(dataId: DataId, record: T): void {
    this.#count++;
    dataId.record = record;
  }

  override has(dataId: DataId): boolean {
    return dataId.record !== undefined;
  }

  override delete(dataId: DataId): boolean {
    this.#count--;
    const had = this.has(dataId);
    dataId.record = undefined;
    return had;
  }

  override numDataIds(): number {
    return this.#count;
  }
}

/** The CPU backend of tfjs with memory that is used again. Its kernels are in `ops/`, the rest are those of stock tfjs. */
export class NativeBackend extends MathBackendCPU {
  override data = new Records<MathBackendCPU['data'] extends DataStorage<infer R> ? R : never>(this);
  readonly #pool = new BufferPool(allocate, reserve);
  #lastId = 0;

  /**
   * The values of a tensor, for a kernel to read during its call and not to keep. Stock kernels now and then leave a plain
   * array or another element type behind: these are converted.
   */
  values<T extends 'float32' | 'int32' | 'bool' = 'float32'>(info: TensorInfo, dtype?: T): ArrayOf<T> {
    const wanted = dtype ?? 'float32';
    const data = this.data.get(info.dataId);
    if (data instanceof PooledData && data.dtype === wanted) return data.array as ArrayOf<T>;
    const values = data.values as unknown as ArrayLike<number>;
    const type = wanted === 'float32' ? Float32Array : wanted === 'int32' ? Int32Array : Uint8Array;
    return (values instanceof type ? values : type.from(values)) as ArrayOf<T>;
  }

  /** A new tensor whose values a kernel is about to write: all of them, they may hold anything. */
  output<T extends 'float32' | 'int32' | 'bool' = 'float32'>(
    shape: readonly number[],
    dtype?: T,
  ): { info: TensorInfo; values: ArrayOf<T> } {
    const type: PooledType = dtype ?? 'float32';
    let length = 1;
    for (const size of shape) length *= size;
    const array = this.#pool.take(type, length);
    const dataId = this.#newId();
    this.data.set(dataId, new PooledData(array, type, this.#pool.shares(array)));
    return { info: { dataId, shape: shape.slice(), dtype: type }, values: array as ArrayOf<T> };
  }

  /**
   * A tensor of floats with values that a kernel is about to change: the given one if nobody else can see its values, else a
   * copy of it.
   */
  changeable(info: TensorInfo): { info: TensorInfo; values: Float32Array } {
    const data: unknown = this.data.get(info.dataId);
    if (data instanceof PooledData && data.refCount === 1 && !data.escaped && data.dtype === 'float32')
      return { info, values: data.array as Float32Array };
    const copy = this.output(info.shape);
    copy.values.set(this.values(info));
    return copy;
  }

  /** As in stock tfjs, less its advice to install another backend. The array stays the caller's. */
  override write(values: Values, _shape: number[], dtype: DataType): object {
    const dataId = this.#newId();
    this.data.set(dataId, { values, dtype, refCount: 1 });
    return dataId;
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.data.has(dataId) ? this.data.get(dataId) : undefined;
    if (!(data instanceof PooledData)) return super.disposeData(dataId, force);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    this.data.delete(dataId);
    if (data.escaped) this.#pool.forget(data.array);
    else this.#pool.give(data.dtype, data.array);
    return true;
  }

  #newId(): DataId {
    return { id: this.#lastId++, record: undefined };
  }

  /** Bytes of the arrays that the native kernels made: in use, kept for later use, and the most ever in use at once. */
  override memory(): {
    unreliable: boolean;
    reasons: string[];
    native: { used: number; free: number; peak: number };
  } {
    return { unreliable: false, reasons: [], native: this.#pool.bytes };
  }

  /**
   * Begins to take so many bytes from the system in the background, before the first large array is made: a hint of how much a
   * training step will need. Otherwise the first step waits for it, page by page.
   */
  expectMemory(bytes: number): void {
    const most = Math.min(bytes, freemem() / 2);
    const memory = this.#pool.first(most);
    if (memory !== undefined) populate(memory, Math.min(most, memory.byteLength));
  }

  /** Gives the memory that is kept for later use back to the system. */
  releaseFreeMemory(): void {
    this.#pool.clear();
  }

  override dispose(): void {
    this.#pool.clear();
  }
}
