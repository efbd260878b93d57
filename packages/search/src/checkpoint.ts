import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { readSafetensors, type StoredTensor, type Tensors, writeSafetensors } from '@unnas/nn';
import { inputError } from '@unnas/random';
import type { RoundSums } from './epoch-record.ts';
import type { Json } from './settings.ts';

/** Where a run is. No random generator has a state: every stream follows from the seed and the position. */
export interface Position {
  /** Number of the next unit of work, see `Schedule`. */
  readonly unit: number;
  /** The part of the round under way that is done. */
  readonly sums: RoundSums;
  /** What the algorithm remembers besides tensors. */
  readonly memory: Json;
}

const FORMAT = 'unnas-checkpoint-1';

/**
 * A checkpoint as the bytes of a safetensors file: the tensors, the position as JSON in the metadata, and a SHA-256 over both.
 */
export function encodeCheckpoint(tensors: Tensors, position: Position): Uint8Array {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of Object.entries(tensors)) {
    stored.set(name, storedTensor(tensor));
  }
  const text = JSON.stringify(position);
  return writeSafetensors(stored, { format: FORMAT, position: text, sha256: digest(stored, text) });
}

/** The position and the tensors of a checkpoint; throws an input error naming `file` when it is damaged. */
export function decodeCheckpoint(
  bytes: Uint8Array,
  file: string,
): { position: Position; tensors: Map<string, StoredTensor> } {
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    if (metadata.format !== FORMAT) {
      throw new RangeError(`expected the format ${FORMAT}, got ${metadata.format ?? 'none'}`);
    }
    const text = metadata.position ?? '';
    if (metadata.sha256 !== digest(tensors, text)) throw new RangeError('its checksum does not fit');
    return { position: JSON.parse(text), tensors };
  } catch (cause) {
    throw inputError(`the checkpoint ${file} is damaged: ${(cause as Error).message}`, { cause });
  }
}

function storedTensor(tensor: tf.Tensor): StoredTensor {
  const { shape, dtype } = tensor;
  const data = tensor.dataSync();
  if (dtype === 'int32') return { dtype: 'I32', shape, data: data as Int32Array<ArrayBuffer> };
  if (dtype === 'float32') return { dtype: 'F32', shape, data: data as Float32Array<ArrayBuffer> };
  throw new TypeError(`expected a tensor of float32 or int32, got ${dtype}`);
}

/** Stored tensors as tensors of tfjs, which belong to the caller's tidy. */
export function tensorsOf(stored: ReadonlyMap<string, StoredTensor>): Tensors {
  const tensors: Tensors = {};
  for (const [name, { dtype, shape, data }] of stored) {
    const type = dtype === 'I32' ? 'int32' : 'float32';
    tensors[name] = tf.tensor(data as Float32Array | Int32Array, [...shape], type);
  }
  return tensors;
}

function digest(tensors: ReadonlyMap<string, StoredTensor>, position: string): string {
  const hash = createHash('sha256').update(position);
  for (const [name, { dtype, shape, data }] of tensors) {
    hash.update(`\n${name} ${dtype} ${shape}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
