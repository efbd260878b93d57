import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { readSafetensors, type StoredTensor, type Tensors } from '@unnas/nn';

export const FORMAT = 'unnas-golden-1';

/** Hyper-parameters and shapes of a golden file; which there are depends on its kind. */
// biome-ignore lint/suspicious/noExplicitAny: golden files of many kinds; each check reads the members of its own kind.
export type Meta = Record<string, any>;

/** Inputs and expected values of one check, made by the original code. */
export class GoldenFile {
  readonly name: string;
  readonly meta: Meta;
  readonly #tensors: Map<string, StoredTensor>;

  constructor(name: string, meta: Meta, tensors: Map<string, StoredTensor> = new Map()) {
    this.name = name;
    this.meta = meta;
    this.#tensors = tensors;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  stored(name: string): StoredTensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new RangeError(`the file has no tensor ${name}`);
    return tensor;
  }

  /** The values as numbers. */
  values(name: string): ArrayLike<number> {
    const { data } = this.stored(name);
    if (data instanceof BigInt64Array)
      throw new TypeError(`${name}: 64-bit integers are not part of this format`);
    return data;
  }

  number(name: string): number {
    return this.values(name)[0]!;
  }

  /** A tensor of the file; pictures `in/x` may be stored as bytes `in/x_u8`. */
  tensor(name: string): tf.Tensor {
    if (!this.has(name) && this.has(`${name}_u8`)) {
      const { data, shape } = this.stored(`${name}_u8`);
      const pixels = Float32Array.from(data as Uint8Array, (byte) => (byte - 127.5) / 64);
      return tf.tensor(pixels, [...shape], 'float32');
    }
    const { data, shape, dtype } = this.stored(name);
    if (dtype === 'U8') return tf.tensor(Int32Array.from(data as Uint8Array), [...shape], 'int32');
    return tf.tensor(data as Float32Array | Int32Array, [...shape], dtype === 'I32' ? 'int32' : 'float32');
  }

  /** One step of a tensor whose first axis is the step. */
  step(name: string, step: number): tf.Tensor {
    return tf.tidy(() => {
      const all = this.tensor(name);
      const rest = all.shape.slice(1);
      return all.slice([step, ...rest.map(() => 0)], [1, ...rest]).reshape(rest);
    });
  }

  /** All tensors below `prefix/`, by the rest of their names. */
  group(prefix: string): Tensors {
    const names = this.namesOf(prefix).map((name) => name.replace(/_u8$/, ''));
    return Object.fromEntries(names.map((name) => [name, this.tensor(`${prefix}/${name}`)]));
  }

  namesOf(prefix: string): string[] {
    return this.names.flatMap((name) =>
      name.startsWith(`${prefix}/`) ? [name.slice(prefix.length + 1)] : [],
    );
  }
}

/**
 * Reads a golden file; `undefined` for JSON about other things.
 *
 * @throws RangeError if it is malformed, or no golden file
 */
export function readGoldenFile(path: string): GoldenFile | undefined {
  const name = basename(path).replace(/\.\w+$/, '');
  if (path.endsWith('.json')) {
    const { data, kind } = members(JSON.parse(readFileSync(path, 'utf8')));
    if (data !== undefined) return new GoldenFile(name, { kind: name, data });
    // The description of a golden file lies beside its tensors.
    if (kind !== undefined) throw new RangeError(`there is no ${name}.safetensors beside it`);
    return undefined;
  }
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  if (metadata.format !== FORMAT) {
    throw new RangeError(`expected the format ${FORMAT}, got ${metadata.format ?? 'none'}`);
  }
  return new GoldenFile(name, members(JSON.parse(metadata.meta ?? '{}')), tensors);
}

function members(value: unknown): Meta {
  return typeof value === 'object' && value !== null ? value : {};
}
