import { latin1, PickleGlobal, PickleObject, type PickleValue, readPickle } from './pickle-reader.ts';

/** A NumPy array of a pickle: its bytes as they are, in C order. */
export class NumpyArray extends PickleObject {
  shape: readonly number[] = [];
  /** Kind and bytes of a number in NumPy's notation: `u1` is uint8, `i8` is int64. */
  type = '';
  data: Uint8Array = new Uint8Array();

  build(state: PickleValue): void {
    if (!Array.isArray(state) || state.length !== 5)
      throw new Error('has an array with a state that is none');
    const [, shape, type, fortran, data] = state;
    if (fortran !== false && fortran !== 0)
      throw new Error('has an array in Fortran order, expected C order');
    this.set(data!, type!, shape!);
  }

  set(data: PickleValue, type: PickleValue, shape: PickleValue): void {
    if (!(type instanceof NumpyType)) throw new Error('has an array without a type');
    if (!Array.isArray(shape) || !shape.every((side) => Number.isSafeInteger(side))) {
      throw new Error('has an array without a shape');
    }
    if (!(data instanceof Uint8Array)) throw new Error('has an array whose values are not plain bytes');
    this.shape = shape as number[];
    this.type = type.name;
    this.data = data;
    const expected = this.shape.reduce((product, side) => product * side, type.bytes);
    if (expected !== data.length) {
      throw new Error(
        `has an array of shape [${this.shape}] and type ${this.type} with ${data.length} bytes, expected ${expected}`,
      );
    }
  }

  /** The values of an array of whole numbers of 1, 2, 4 or 8 bytes. */
  integers(): number[] {
    const view = new DataView(this.data.buffer, this.data.byteOffset, this.data.byteLength);
    const readers: Readonly<Record<string, (at: number) => number>> = {
      u1: (at) => view.getUint8(at),
      i1: (at) => view.getInt8(at),
      u2: (at) => view.getUint16(at, true),
      i2: (at) => view.getInt16(at, true),
      u4: (at) => view.getUint32(at, true),
      i4: (at) => view.getInt32(at, true),
      u8: (at) => Number(view.getBigUint64(at, true)),
      i8: (at) => Number(view.getBigInt64(at, true)),
    };
    const read = readers[this.type];
    if (read === undefined) throw new Error(`has an array of type ${this.type}, expected whole numbers`);
    const bytes = Number(this.type[1]);
    return Array.from({ length: this.data.length / bytes }, (_, i) => read(i * bytes));
  }
}

class NumpyType extends PickleObject {
  readonly name: string;
  readonly bytes: number;
  constructor(name: string) {
    super();
    if (!/^[biuf][1248]$/.test(name)) throw new Error(`has an array of type ${name}, expected numbers`);
    this.name = name;
    this.bytes = Number(name[1]);
  }

  build(state: PickleValue): void {
    const order = Array.isArray(state) ? text(state[1] ?? null) : undefined;
    // `|` is for one byte.
    if (order !== '<' && order !== '|') {
      throw new Error(`has an array of byte order '${order}', expected little-endian numbers`);
    }
  }
}

function text(value: PickleValue): string | undefined {
  return value instanceof Uint8Array ? latin1(value) : typeof value === 'string' ? value : undefined;
}

/**
 * The value of a pickle that holds plain values and NumPy arrays of numbers, as NumPy 1 and 2 under Python 2 and 3 write them.
 * Throws an `Error` whose message goes on after the name of the file.
 */
export function readNumpyPickle(bytes: Uint8Array): PickleValue {
  let encoded = 0;
  const stands: Readonly<Record<string, PickleGlobal['call']>> = {
    'numpy.ndarray': () => new NumpyArray(),
    'numpy.dtype': ([name]) => new NumpyType(text(name ?? null) ?? 'without a name'),
    // Python 3 writes bytes so in protocol 2, which has none.
    '_codecs.encode': ([value, encoding]) => {
      if (typeof value !== 'string' || text(encoding ?? null) !== 'latin1') {
        throw new Error('encodes something else than text as latin1');
      }
      // Each text is in the file once, and is encoded once: a file cannot ask for more memory than its length.
      encoded += value.length;
      if (encoded > bytes.length) throw new Error('encodes the same text over and over');
      return Uint8Array.from(Buffer.from(value, 'latin1'));
    },
  };
  for (const core of ['numpy.core', 'numpy._core']) {
    Object.assign(stands, {
      [`${core}.multiarray._reconstruct`]: () => new NumpyArray(),
      // Arrays in protocol 5.
      [`${core}.numeric._frombuffer`]: ([data, type, shape, order]: readonly PickleValue[]) => {
        if (text(order ?? null) !== 'C') throw new Error('has an array in Fortran order, expected C order');
        const array = new NumpyArray();
        array.set(data ?? null, type ?? null, shape ?? null);
        return array;
      },
    });
  }
  return readPickle(
    bytes,
    new Map(Object.entries(stands).map(([name, call]) => [name, new PickleGlobal(name, call)])),
  );
}
