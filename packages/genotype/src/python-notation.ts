/**
 * Reads the constructor call that Python prints for a genotype into a plain object, such as
 * `Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=range(2, 6), ...)`. What stands before the call
 * (`DARTS_V2 = `, a time stamp of a log) is skipped. Lists and tuples become arrays, as do `range(...)`,
 * `list(...)` and `tuple(...)`; anything else is an error with its line and column.
 *
 * @throws RangeError saying what was expected, what came, and where
 */
export function readPythonCall(text: string, name: string): Record<string, unknown> {
  return new Reader(text, name).call();
}

const TOKEN =
  /\s+|#[^\n]*|(?<name>[A-Za-z_]\w*)|(?<number>[-+]?\d+(?!\w))|(?<text>'[^'\\\n]*'|"[^"\\\n]*")|(?<mark>[()[\],=])/y;

interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'mark' | 'end';
  readonly value: string;
  readonly at: number;
}

class Reader {
  readonly #text: string;
  readonly #name: string;
  #next: Token;

  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
    const start = new RegExp(`\\b${name}\\s*\\(`).exec(text);
    if (!start)
      throw new RangeError(`expected a call ${name}(...), got ${JSON.stringify(text.slice(0, 60))}`);
    this.#next = this.#token(start.index);
  }

  call(): Record<string, unknown> {
    this.#take('name');
    this.#take('mark', '(');
    const fields: Record<string, unknown> = {};
    while (!this.#is(')')) {
      const { value: key, at } = this.#take('name', undefined, `a keyword such as normal=`);
      if (Object.hasOwn(fields, key)) throw this.#error(`${key} once`, `it again`, at);
      this.#take('mark', '=');
      fields[key] = this.#value();
      if (!this.#is(')')) this.#take('mark', ',', `, or )`);
    }
    this.#take('mark', ')');
    if (this.#next.kind !== 'end') throw this.#unexpected(`the end after ${this.#name}(...)`);
    return fields;
  }

  #value(): unknown {
    const { kind, value } = this.#next;
    if (kind === 'number') return Number(this.#take('number').value);
    if (kind === 'text') return this.#take('text').value.slice(1, -1);
    if (value === '[' || value === '(') return this.#items(value === '[' ? ']' : ')');
    if (kind === 'name' && value === 'range') return this.#range();
    if (kind === 'name' && (value === 'list' || value === 'tuple')) {
      this.#take('name');
      this.#take('mark', '(');
      const inner = this.#value();
      this.#take('mark', ')');
      return inner;
    }
    throw this.#unexpected('a number, a name in quotes, a list, a tuple or range(...)');
  }

  #items(end: ']' | ')'): unknown[] {
    const opening = this.#take('mark');
    const items: unknown[] = [];
    let commas = 0;
    while (!this.#is(end)) {
      items.push(this.#value());
      if (this.#is(end)) break;
      this.#take('mark', ',', `, or ${end}`);
      commas++;
    }
    this.#take('mark', end);
    // (x) is x in Python, and (x,) a tuple.
    if (opening.value === '(' && items.length === 1 && commas === 0) return items[0] as unknown[];
    return items;
  }

  #range(): number[] {
    const { at } = this.#take('name');
    const bounds = this.#items(')') as unknown;
    const list = Array.isArray(bounds) ? bounds : [bounds];
    if (list.length < 1 || list.length > 3 || list.some((bound) => typeof bound !== 'number')) {
      throw this.#error('range(start, stop)', `range(${list.join(', ')})`, at);
    }
    const [start, stop, step] = list.length === 1 ? [0, list[0], 1] : [list[0], list[1], list[2] ?? 1];
    const count = Math.ceil((stop - start) / step);
    if (!(count >= 0 && count <= 1000))
      throw this.#error('a range of 0 to 1000 numbers', `range(${list.join(', ')})`, at);
    return Array.from({ length: count }, (_, i) => start + i * step);
  }

  #is(mark: string): boolean {
    return this.#next.kind === 'mark' && this.#next.value === mark;
  }

  #take(kind: Token['kind'], value?: string, expected = value ?? `a ${kind}`): Token {
    const token = this.#next;
    if (token.kind !== kind || (value !== undefined && token.value !== value))
      throw this.#unexpected(expected);
    this.#next = this.#token(token.at + token.value.length);
    return token;
  }

  #token(from: number): Token {
    TOKEN.lastIndex = from;
    for (;;) {
      const at = TOKEN.lastIndex;
      if (at >= this.#text.length) return { kind: 'end', value: '', at };
      const match = TOKEN.exec(this.#text);
      if (!match)
        throw this.#error('a genotype in Python notation', JSON.stringify(this.#text.slice(at, at + 12)), at);
      for (const kind of ['name', 'number', 'text', 'mark'] as const) {
        const value = match.groups?.[kind];
        if (value !== undefined) return { kind, value, at };
      }
    }
  }

  #unexpected(expected: string): RangeError {
    const { kind, value, at } = this.#next;
    return this.#error(expected, kind === 'end' ? 'the end of the text' : value, at);
  }

  #error(expected: string, got: string, at: number): RangeError {
    const before = this.#text.slice(0, at).split('\n');
    return new RangeError(
      `expected ${expected} at line ${before.length}, column ${before.at(-1)!.length + 1}, got ${got}`,
    );
  }
}
