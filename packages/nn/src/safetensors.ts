/** The element types we use of the safetensors format, and the arrays that hold them. */
const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
} as const;

export type StoredType = keyof typeof ARRAYS;

/** A tensor in a file: its values in row-major order. */
export interface StoredTensor {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly data: InstanceType<(typeof ARRAYS)[StoredType]>;
}

/** What a safetensors file holds. */
export interface StoredTensors {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

/**
 * Reads the safetensors format: 8 bytes length of the header (little-endian), the header as JSON, raw little-endian data.
 *
 * @throws RangeError that says what is wrong with the bytes
 */
export function readSafetensors(bytes: Uint8Array): StoredTensors {
  const { header, data } = split(bytes);
  const tensors = new Map<string, StoredTensor>();
  let metadata: Record<string, string> = {};
  const ranges: [begin: number, end: number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = readMetadata(entry);
      continue;
    }
    const { dtype, shape, begin, end } = readEntry(name, entry, data.length);
    ranges.push([begin, end]);
    // A copy, since a typed array must begin at a multiple of its element size. (The slice of a Node Buffer is none.)
    tensors.set(name, {
      dtype,
      shape,
      data: new ARRAYS[dtype](new Uint8Array(data.subarray(begin, end)).buffer),
    });
  }
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let position = 0;
  for (const [begin, end] of ranges) {
    if (begin !== position) throw malformed(`tensors overlap or leave a gap at byte ${position} of the data`);
    position = end;
  }
  if (position !== data.length) {
    throw malformed(`its tensors take ${position} bytes, but ${data.length} bytes follow the header`);
  }
  return { tensors, metadata };
}

/** The bytes of a safetensors file. Tensors are stored in the order of the map, the data beginning at a multiple of 8. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let size = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === '__metadata__') throw new RangeError('no tensor can be named __metadata__');
    if (elements(shape) !== data.length) {
      throw new RangeError(`tensor ${name} of shape [${shape}] has ${data.length} values`);
    }
    header[name] = { dtype, shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  bytes.fill(BLANK, 8 + json.length, 8 + length);
  let position = 8 + length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

const BLANK = 0x20;

function malformed(reason: string, options?: ErrorOptions): RangeError {
  return new RangeError(`this is no whole safetensors file: ${reason}`, options);
}

function split(bytes: Uint8Array): { header: object; data: Uint8Array } {
  if (bytes.length < 8) throw malformed(`it has ${bytes.length} bytes, its header's length alone takes 8`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > bytes.length - 8) {
    throw malformed(`its header should take ${length} bytes, but ${bytes.length - 8} follow`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw malformed('its header is not JSON', { cause });
  }
  if (!isObject(header)) throw malformed('its header is not a JSON object');
  return { header, data: bytes.subarray(8 + length) };
}

function readMetadata(entry: unknown): Record<string, string> {
  if (!isObject(entry) || !Object.values(entry).every((value) => typeof value === 'string')) {
    throw malformed('its metadata are not texts by name');
  }
  return entry as Record<string, string>;
}

function readEntry(name: string, entry: unknown, available: number) {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype)) {
    throw malformed(`tensor ${name} has the type ${dtype}, known are ${Object.keys(ARRAYS).join(', ')}`);
  }
  if (!isCounts(shape)) throw malformed(`tensor ${name} has the shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw malformed(`tensor ${name} has the data offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > available)
    throw malformed(`tensor ${name} ends at byte ${end} of the data, which has ${available}`);
  const size = elements(shape) * ARRAYS[dtype as StoredType].BYTES_PER_ELEMENT;
  if (end - begin !== size) {
    throw malformed(`tensor ${name} of shape [${shape}] takes ${size} bytes, but has ${end - begin}`);
  }
  return { dtype: dtype as StoredType, shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
