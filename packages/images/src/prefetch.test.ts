import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefetch } from './prefetch.ts';

async function gather<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('prefetch', () => {
  it('yields in order, whatever finishes first, and never begins more than `depth` beyond the one in use', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 20 }),
        fc.integer({ min: 1, max: 8 }),
        async (delays, depth) => {
          let begun = 0;
          let consumed = 0;
          let most = 0;
          const make = async (i: number) => {
            most = Math.max(most, ++begun - consumed);
            await wait(delays[i]!);
            return i;
          };
          for await (const value of prefetch(make, { to: delays.length, depth })) {
            expect(value).toBe(consumed++);
          }
          expect(consumed).toBe(delays.length);
          expect(most).toBeLessThanOrEqual(depth + 1);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('works ahead while the consumer is busy', async () => {
    const begun: number[] = [];
    const iterator = prefetch(async (i) => begun.push(i), { from: 10, to: 20, depth: 3 })[
      Symbol.asyncIterator
    ]();
    expect(begun).toEqual([]);
    await iterator.next();
    expect(begun).toEqual([10, 11, 12, 13]);
    await iterator.return!();
  });

  it('counts the time the consumer waited, and none when the maker keeps up', async () => {
    const slow = prefetch(() => wait(30), { to: 3, depth: 1 });
    await gather(slow);
    expect(slow.waited).toBeGreaterThan(60);

    const ready = prefetch(() => wait(5), { to: 5, depth: 5 });
    let first = 0;
    for await (const _ of ready) {
      first ||= ready.waited;
      await wait(20);
    }
    expect(ready.waited - first).toBeLessThan(5);
  });

  it('throws a failure in its place, and starts nothing after it', async () => {
    const begun: number[] = [];
    const make = async (i: number) => {
      begun.push(i);
      if (i === 2) throw new Error('picture 2 is gone');
      return i;
    };
    const seen: number[] = [];
    const loop = async () => {
      for await (const value of prefetch(make, { to: 100, depth: 2 })) {
        seen.push(value);
        await wait(1);
      }
    };
    await expect(loop()).rejects.toThrow('picture 2 is gone');
    expect(seen).toEqual([0, 1]);
    expect(begun.length).toBeLessThanOrEqual(4);
  });

  it('treats an error thrown at once like one that comes later', async () => {
    const make = (i: number): Promise<number> => {
      if (i === 1) throw new Error('at once');
      return Promise.resolve(i);
    };
    const iterator = prefetch(make, { to: 3, depth: 3 })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toBe(0);
    await expect(iterator.next()).rejects.toThrow('at once');
    expect((await iterator.next()).done).toBe(true);
  });

  it('waits for what is under way when the loop is left early', async () => {
    let running = 0;
    let begun = 0;
    const make = async () => {
      begun++;
      running++;
      await wait(5);
      running--;
    };
    for await (const _ of prefetch(make, { to: 100, depth: 4 })) break;
    expect(running).toBe(0);
    expect(begun).toBeLessThanOrEqual(5);
    await wait(10);
    expect(begun).toBeLessThanOrEqual(5);
  });

  it('refuses a depth of nothing', () => {
    expect(() => prefetch(async () => 0, { to: 1, depth: 0 })).toThrow('depth');
  });
});
