/** Where a parameter starts: every value the same, or uniform in (-bound, bound). */
export type Start = { readonly value: number } | { readonly bound: number };

/** What a network consists of: its parameters, and the running statistics of its batch norms, in the order of their making. */
export interface Declaration {
  readonly parameters: Map<string, { readonly shape: readonly number[]; readonly start: Start }>;
  /** Shape by name; all names end in `.mean` or `.var`. */
  readonly statistics: Map<string, readonly number[]>;
  readonly packs: Pack[];
}

/** Parameters or running statistics that one op takes in or gives all at once: training keeps their values in one tensor. */
export interface Pack {
  readonly name: string;
  /** Names of what was declared, in the order in which they lie. */
  readonly members: readonly string[];
  /** Whether the backend of the moment has that op. */
  readonly used: () => boolean;
}

/**
 * A place in the tree of layers, such as `cell0.node2.in1`. A layer is made at a place: it declares what it owns below it, and
 * the function it becomes looks its tensors up by the full names.
 */
export class Place {
  readonly #declaration: Declaration;
  readonly #path: string;

  private constructor(declaration: Declaration, path: string) {
    this.#declaration = declaration;
    this.#path = path;
  }

  /** The root of an empty declaration. */
  static root(): Place {
    return new Place({ parameters: new Map(), statistics: new Map(), packs: [] }, '');
  }

  /** Everything declared at this tree of places. */
  get declaration(): Declaration {
    return this.#declaration;
  }

  at(name: string): Place {
    return new Place(this.#declaration, this.name(name));
  }

  /** Declares a parameter. @returns its full name */
  parameter(name: string, shape: readonly number[], start: Start): string {
    const full = this.name(name);
    this.#declaration.parameters.set(full, { shape, start });
    return full;
  }

  /**
   * Declares a filter without bias, kh,kw,in,out (or kh,kw,C,1 with `fanIn` kh * kw if it is depthwise), that starts as in PyTorch:
   * uniform within 1 / sqrt(fan-in).
   */
  filter(
    name: string,
    shape: readonly [number, number, number, number],
    fanIn = shape[0] * shape[1] * shape[2],
  ): string {
    return this.parameter(name, shape, { bound: 1 / Math.sqrt(fanIn) });
  }

  /** Declares the running mean and variance of a batch norm. @returns their common prefix, with the dot */
  statistics(channels: number): string {
    const prefix = this.name('');
    this.#declaration.statistics.set(`${prefix}mean`, [channels]);
    this.#declaration.statistics.set(`${prefix}var`, [channels]);
    return prefix;
  }

  /** Declares that members, by their full names, are packed under a name. */
  pack(name: string, members: readonly string[], used: () => boolean): Pack {
    const pack = { name: this.name(name), members, used };
    this.#declaration.packs.push(pack);
    return pack;
  }

  /** The full name of what lies here under a name. */
  name(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}
