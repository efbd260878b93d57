import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const stored: fc.Arbitrary<StoredTensor> = fc.array(fc.nat({ max: 4 }), { maxLength: 3 }).chain((shape) => {
  const length = shape.reduce((product, side) => product * side, 1);
  const values = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: length, maxLength: length });
  return fc.oneof(
    values(fc.float()).map((data) => ({ dtype: 'F32' as const, shape, data: Float32Array.from(data) })),
    values(fc.double()).map((data) => ({ dtype: 'F64' as const, shape, data: Float64Array.from(data) })),
    values(int32).map((data) => ({ dtype: 'I32' as const, shape, data: Int32Array.from(data) })),
    values(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((data) => ({
      dtype: 'I64' as const,
      shape,
      data: BigInt64Array.from(data),
    })),
    values(fc.nat({ max: 255 })).map((data) => ({
      dtype: 'U8' as const,
      shape,
      data: Uint8Array.from(data),
    })),
  );
});
const names = fc
  .string({ unit: 'grapheme' })
  .filter((name) => name !== '__metadata__' && name !== '__proto__');
const files = fc.tuple(
  fc.uniqueArray(fc.tuple(names, stored), { selector: ([name]) => name }),
  fc.dictionary(names, fc.string()),
);

/** A file with a header of our choice. */
function file(header: unknown, data = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

describe('safetensors', () => {
  it('gives back what was written, wherever the bytes lie in memory', () => {
    fc.assert(
      fc.property(files, fc.nat({ max: 7 }), ([entries, metadata], offset) => {
        const bytes = writeSafetensors(new Map(entries), metadata);
        // A Buffer, whose `slice` does not copy, at any alignment.
        const moved = Buffer.from(new ArrayBuffer(offset + bytes.length), offset);
        moved.set(bytes);
        const read = readSafetensors(moved);
        expect([...read.tensors]).toEqual(entries);
        expect(read.metadata).toEqual(metadata);
      }),
    );
  });

  it('reads a tensor after one of an odd number of bytes', () => {
    const entries: [string, StoredTensor][] = [
      ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ['floats', { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, -2) }],
    ];
    expect([...readSafetensors(writeSafetensors(new Map(entries))).tensors]).toEqual(entries);
  });

  it('refuses every file that was cut', () => {
    const tensor: StoredTensor = { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
    const bytes = writeSafetensors(new Map([['x', tensor]]), { format: 'test' });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readSafetensors(bytes.subarray(0, length))).toThrow('this is no whole safetensors file');
    }
    expect(() => readSafetensors(Uint8Array.of(...bytes, 0))).toThrow('take 16 bytes, but 17 bytes follow');
  });

  it('says what is wrong', () => {
    const entry = { dtype: 'U8', shape: [2], data_offsets: [0, 2] };
    const data = Uint8Array.of(1, 2);
    const refused = (header: unknown, message: string | RegExp) =>
      expect(() => readSafetensors(file(header, data))).toThrow(message);
    refused('{', 'its header is not JSON');
    refused('[]', 'its header is not a JSON object');
    refused({ x: 1 }, 'tensor x has the type undefined');
    refused({ x: { ...entry, dtype: 'F8' } }, 'tensor x has the type F8, known are F32, F64, I32, I64, U8');
    refused({ x: { ...entry, shape: [-2] } }, 'tensor x has the shape [-2]');
    refused({ x: { ...entry, data_offsets: [0] } }, 'tensor x has the data offsets [0]');
    refused({ x: { ...entry, data_offsets: [0, 3] } }, 'tensor x ends at byte 3 of the data, which has 2');
    refused({ x: { ...entry, shape: [1] } }, 'tensor x of shape [1] takes 1 bytes, but has 2');
    refused({ x: entry, y: entry }, 'overlap or leave a gap');
    refused({ x: { ...entry, shape: [1], data_offsets: [1, 2] } }, 'leave a gap at byte 0');
    refused({ x: entry, __metadata__: { a: 1 } }, 'metadata are not texts');
    const huge = file({});
    new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(() => readSafetensors(huge)).toThrow('its header should take');
    const wrong = new Map([['x', { dtype: 'U8', shape: [3], data: Uint8Array.of(1) } as const]]);
    expect(() => writeSafetensors(wrong)).toThrow('tensor x of shape [3] has 1 values');
  });
});
