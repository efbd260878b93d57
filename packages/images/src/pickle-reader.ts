import { isUtf8 } from 'node:buffer';

// Reads what Python's pickle module wrote, and executes nothing: a pickle is a program for a small stack machine, and this one has
// only the instructions that build plain values. Names of Python functions and classes mean what the caller says, or are an error.

/** What a pickle may hold: None, numbers, text, bytes (also the `str` of Python 2), lists and tuples, dicts, and what globals make. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<string, PickleValue>
  | PickleGlobal
  | PickleObject;

/** What stands in for a Python function or class that a pickle names. */
export class PickleGlobal {
  readonly name: string;
  readonly call: (args: readonly PickleValue[]) => PickleValue;
  constructor(name: string, call: (args: readonly PickleValue[]) => PickleValue) {
    this.name = name;
    this.call = call;
  }
}

/** An object that a global made, and that is given its state afterwards. */
export abstract class PickleObject {
  abstract build(state: PickleValue): void;
}

/** Latin-1 text of bytes: each byte a character. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * The value of a pickle of protocol 2 to 5. `globals` maps names such as `numpy.dtype` to their stand-ins. Throws an `Error`
 * whose message goes on after the name of the file: `ends early`, `names os.system, which ...`.
 */
export function readPickle(bytes: Uint8Array, globals: ReadonlyMap<string, PickleGlobal>): PickleValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: PickleValue[] = [];
  const marks: number[] = [];
  const memo = new Map<number, PickleValue>();
  let at = 0;

  const fail = (what: string): never => {
    throw new Error(`${what} (at byte ${at})`);
  };
  const skip = (count: number): number => {
    if (count > bytes.length - at) fail('ends early');
    at += count;
    return at - count;
  };
  const u8 = () => view.getUint8(skip(1));
  const u16 = () => view.getUint16(skip(2), true);
  const i32 = () => view.getInt32(skip(4), true);
  const u32 = () => view.getUint32(skip(4), true);
  const u64 = () => Number(view.getBigUint64(skip(8), true));
  const take = (count: number) => bytes.subarray(skip(count), at);
  const utf8 = (count: number) => {
    const text = take(count);
    return isUtf8(text) ? Buffer.from(text).toString() : fail('has text that is no UTF-8');
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) fail('ends early');
    const text = latin1(bytes.subarray(at, end));
    at = end + 1;
    return text;
  };
  const top = () => (stack.length > (marks.at(-1) ?? 0) ? stack.at(-1)! : fail('takes from an empty stack'));
  const pop = () => {
    const value = top();
    stack.pop();
    return value;
  };
  const popToMark = () => stack.splice(marks.pop() ?? fail('has no mark where one is needed'));
  const tuple = (count: number) => {
    if (stack.length - (marks.at(-1) ?? 0) < count) fail('takes from an empty stack');
    stack.push(stack.splice(stack.length - count));
  };
  const text = (value: PickleValue): string => {
    if (typeof value === 'string') return value;
    return value instanceof Uint8Array
      ? latin1(value)
      : fail('has something else than text where text is needed');
  };
  const append = (values: PickleValue[]) => {
    const list = top();
    if (!Array.isArray(list)) return fail('appends to something that is no list');
    for (const value of values) list.push(value);
  };
  const setItems = (values: PickleValue[]) => {
    const dict = top();
    if (!(dict instanceof Map) || values.length % 2 === 1)
      return fail('sets items of something that is no dict');
    for (let i = 0; i < values.length; i += 2) dict.set(text(values[i]!), values[i + 1]!);
  };
  const global = (name: string) =>
    globals.get(name) ?? fail(`names ${name}, which a file of arrays has no need for: nothing was executed`);
  const remembered = (index: number) => {
    const value = memo.get(index);
    return value === undefined ? fail(`refers to ${index}, which was not stored`) : value;
  };
  const long = (count: number) => {
    if (count > 8) fail('has a whole number of more than 64 bits');
    const value = take(count).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return Number(count === 0 ? 0n : BigInt.asIntN(8 * count, value));
  };

  const push = (value: PickleValue) => {
    stack.push(value);
  };
  const protocol = () => {
    const version = u8();
    if (version < 2 || version > 5) fail(`is a pickle of protocol ${version}, expected 2 to 5`);
  };
  const setItem = () => {
    const value = pop();
    setItems([pop(), value]);
  };
  const stackGlobal = () => {
    const name = text(pop());
    push(global(`${text(pop())}.${name}`));
  };
  const reduce = () => {
    const args = pop();
    const called = pop();
    if (!(called instanceof PickleGlobal) || !Array.isArray(args)) {
      return fail('calls something that is no function');
    }
    push(called.call(args));
  };
  const build = () => {
    const state = pop();
    const object = top();
    if (!(object instanceof PickleObject)) return fail('gives a state to something that takes none');
    object.build(state);
  };

  const STOP = 0x2e;
  const instructions: Readonly<Record<number, () => unknown>> = {
    128: protocol, // PROTO
    149: () => skip(8), // FRAME
    78: () => push(null), // NONE
    136: () => push(true), // NEWTRUE
    137: () => push(false), // NEWFALSE
    75: () => push(u8()), // BININT1
    77: () => push(u16()), // BININT2
    74: () => push(i32()), // BININT
    138: () => push(long(u8())), // LONG1
    71: () => push(view.getFloat64(skip(8))), // BINFLOAT
    85: () => push(take(u8())), // SHORT_BINSTRING: the str of Python 2
    84: () => push(take(u32())), // BINSTRING
    67: () => push(take(u8())), // SHORT_BINBYTES
    66: () => push(take(u32())), // BINBYTES
    142: () => push(take(u64())), // BINBYTES8
    150: () => push(take(u64())), // BYTEARRAY8
    140: () => push(utf8(u8())), // SHORT_BINUNICODE
    88: () => push(utf8(u32())), // BINUNICODE
    141: () => push(utf8(u64())), // BINUNICODE8
    93: () => push([]), // EMPTY_LIST
    41: () => push([]), // EMPTY_TUPLE
    125: () => push(new Map()), // EMPTY_DICT
    40: () => marks.push(stack.length), // MARK
    116: () => push(popToMark()), // TUPLE
    133: () => tuple(1), // TUPLE1
    134: () => tuple(2), // TUPLE2
    135: () => tuple(3), // TUPLE3
    97: () => append([pop()]), // APPEND
    101: () => append(popToMark()), // APPENDS
    115: setItem, // SETITEM
    117: () => setItems(popToMark()), // SETITEMS
    113: () => memo.set(u8(), top()), // BINPUT
    114: () => memo.set(u32(), top()), // LONG_BINPUT
    148: () => memo.set(memo.size, top()), // MEMOIZE
    104: () => push(remembered(u8())), // BINGET
    106: () => push(remembered(u32())), // LONG_BINGET
    99: () => push(global(`${line()}.${line()}`)), // GLOBAL
    147: stackGlobal, // STACK_GLOBAL
    82: reduce, // REDUCE
    98: build, // BUILD
  };

  if (bytes[0] !== 0x80) fail('is no pickle of protocol 2 to 5');
  for (let opcode = u8(); opcode !== STOP; opcode = u8()) {
    const instruction = instructions[opcode];
    if (instruction === undefined) {
      const code = opcode.toString(16).padStart(2, '0');
      return fail(`has the instruction 0x${code}, which a file of arrays has no need for`);
    }
    instruction();
  }
  return pop();
}
