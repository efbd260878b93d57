/** Values that are made ahead of their use. Can be iterated once. */
export interface Prefetch<T> extends AsyncIterable<T> {
  /** Milliseconds that the consumer spent waiting for values so far. */
  readonly waited: number;
}

/**
 * Calls `make(from)`, `make(from + 1)`, ... up to `to - 1` and yields the results in that order, with at most `depth`
 * of them begun beyond the one in use. A failure is thrown where its value would have come, and ends the iteration; so
 * does leaving the loop early. Both start nothing more and wait for what is already under way.
 */
export function prefetch<T>(
  make: (index: number) => Promise<T>,
  { from = 0, to, depth }: PrefetchRange,
): Prefetch<T> {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new RangeError(`the depth of a prefetch is a whole number of at least 1, got ${depth}`);
  }
  let waited = 0;
  async function* values(): AsyncGenerator<T> {
    const underWay: Promise<T>[] = [];
    let next = from;
    const begin = () => {
      while (next < to && underWay.length < depth) {
        const made = invoke(make, next++);
        // Whoever consumes the value sees its failure; until then Node must not take it for unhandled.
        made.catch(() => {});
        underWay.push(made);
      }
    };
    try {
      begin();
      while (underWay.length > 0) {
        const start = performance.now();
        const value = await underWay[0]!;
        waited += performance.now() - start;
        underWay.shift();
        begin();
        yield value;
      }
    } finally {
      await Promise.allSettled(underWay);
    }
  }
  const iterator = values();
  return {
    get waited() {
      return waited;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
}

export interface PrefetchRange {
  /** First index; 0 by default. */
  readonly from?: number;
  /** One past the last index. */
  readonly to: number;
  /** How many values may be ahead of the consumer. */
  readonly depth: number;
}

/** Turns an error thrown before the promise exists into a rejection, so that it comes in order too. */
async function invoke<T>(make: (index: number) => Promise<T>, index: number): Promise<T> {
  return make(index);
}
