import { CELL_KINDS, type CellKind, type Edge, type Genotype } from './genotype.ts';
import { operationNames } from './operation-cost.ts';
import { readPythonCall } from './python-notation.ts';

export interface ParseOptions {
  /** Names that an edge may have; by default all that `cost` knows. */
  readonly operations?: readonly string[];
}

/**
 * Reads and checks a genotype: an object, its JSON text, or the Python notation that papers print,
 * `Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=range(2, 6), reduce=[...], reduce_concat=...)`.
 * Fields that are no part of a genotype are left out.
 *
 * @throws RangeError saying what was expected, what came, and where
 */
export function parseGenotype(value: unknown, options: ParseOptions = {}): Genotype {
  const fields = typeof value === 'string' ? readText(value) : value;
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new RangeError(`expected a genotype (an object with normal and reduce), got ${show(fields)}`);
  }
  const operations = options.operations ?? operationNames;
  const [normal, reduce] = CELL_KINDS.map((kind) => readCell(kind, fields as Fields, operations)) as [
    Cell,
    Cell,
  ];
  return {
    normal: normal.edges,
    normal_concat: normal.concat,
    reduce: reduce.edges,
    reduce_concat: reduce.concat,
  };
}

type Fields = Readonly<Record<string, unknown>>;
interface Cell {
  readonly edges: Edge[];
  readonly concat: number[];
}

function readText(text: string): unknown {
  if (/\bGenotype\s*\(/.test(text)) return readPythonCall(text, 'Genotype');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(
      `expected a genotype as JSON or as Genotype(normal=[...], ...), got ${show(text)} (${(error as Error).message})`,
    );
  }
}

function readCell(kind: CellKind, fields: Fields, operations: readonly string[]): Cell {
  const list = readList(fields, kind, `a list of [operation, input]`);
  if (list.length === 0 || list.length % 2 !== 0) {
    throw new RangeError(`expected two edges a node in ${kind}, got ${list.length} edges`);
  }
  const edges = list.map((item, i) => readEdge(item, `${kind}[${i}]`, 2 + Math.floor(i / 2), operations));
  const last = 1 + edges.length / 2;
  const concatName = `${kind}_concat`;
  const concat = readList(fields, concatName, 'a list of nodes').map((item, i) => {
    if (!isWholeNumber(item, 2, last)) {
      throw new RangeError(`expected a node from 2 to ${last} in ${concatName}[${i}], got ${show(item)}`);
    }
    return item;
  });
  if (concat.length === 0) throw new RangeError(`expected at least one node in ${concatName}, got none`);
  const twice = concat.find((node, i) => concat.indexOf(node) !== i);
  if (twice !== undefined)
    throw new RangeError(`expected each node once in ${concatName}, got ${twice} twice`);
  return { edges, concat };
}

function readList(fields: Fields, name: string, expected: string): unknown[] {
  if (!Object.hasOwn(fields, name)) {
    const names = Object.keys(fields);
    throw new RangeError(
      `expected a field ${name} (${expected}), got ${names.length ? names.join(', ') : 'no field'}`,
    );
  }
  const list = fields[name];
  if (!Array.isArray(list)) throw new RangeError(`expected ${expected} in ${name}, got ${show(list)}`);
  return list;
}

function readEdge(item: unknown, where: string, node: number, operations: readonly string[]): Edge {
  if (!Array.isArray(item) || item.length !== 2) {
    throw new RangeError(`expected [operation, input] in ${where}, got ${show(item)}`);
  }
  const [op, input] = item as unknown[];
  if (typeof op !== 'string' || !operations.includes(op)) {
    throw new RangeError(`expected one of ${operations.join(', ')} in ${where}, got ${show(op)}`);
  }
  if (!isWholeNumber(input, 0, node - 1)) {
    throw new RangeError(
      `expected an input from 0 to ${node - 1} for node ${node} in ${where}, got ${show(input)}`,
    );
  }
  return [op, input];
}

function isWholeNumber(value: unknown, from: number, to: number): value is number {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
