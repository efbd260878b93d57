import { constants } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, type Piece } from './arena.ts';

/** Address space that takes no memory: nothing is ever written there. */
const nothing = (bytes: number) => ({ byteLength: bytes }) as ArrayBuffer;
const overlap = (a: Piece, b: Piece) =>
  a.buffer === b.buffer && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

describe('arena', () => {
  it('hands out pieces on cache lines that never overlap, and forgets none', () => {
    const steps = fc.array(fc.oneof(fc.nat(5000), fc.nat(2 ** 31)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const arena = new Arena(nothing);
        const pieces: Piece[] = [];
        for (const [i, step] of list.entries()) {
          if (step % 3 === 0 && pieces.length > 0) {
            arena.give(pieces.splice(i % pieces.length, 1)[0]!);
          } else {
            const piece = arena.take(step);
            expect(piece.bytes).toBe(step);
            expect(piece.offset % 64).toBe(0);
            expect(piece.offset + step).toBeLessThanOrEqual(piece.buffer.byteLength);
            expect(pieces.filter((other) => overlap(piece, other))).toEqual([]);
            pieces.push(piece);
          }
        }
        arena.clear();
        for (const piece of pieces) arena.give(piece); // the slabs that these lie in are still there
        arena.clear();
        expect(arena.freeBytes).toBe(0); // all that was ever handed out has come back in one piece
      }),
    );
  });

  it('finds the same places again when the same sizes are asked for in the same order', () => {
    const arena = new Arena(nothing);
    const step = () => {
      const saved = [3e6, 5e6, 1e6].map((bytes) => {
        const temporary = arena.take(2e6);
        const piece = arena.take(bytes);
        arena.give(temporary);
        return piece;
      });
      for (const piece of saved.toReversed()) arena.give(piece);
      return saved.map(({ offset }) => offset);
    };
    expect(step()).toEqual(step());
    expect(arena.freeBytes).toBeLessThanOrEqual(9e6 + 2e6 + 4 * 64);
  });

  it('begins with as much as was asked for, and no more than a buffer can hold', () => {
    const reserved: number[] = [];
    const arena = new Arena((bytes) => {
      reserved.push(bytes);
      return nothing(bytes);
    });
    const most = Math.min(2 ** 40, constants.MAX_LENGTH);
    expect(arena.first(2 ** 40)?.byteLength).toBe(most);
    expect(arena.first(2 ** 31)).toBeUndefined();
    expect(new Arena(nothing).first(3 * 2 ** 30)?.byteLength).toBe(3 * 2 ** 30);
    expect(reserved).toEqual([most]);
  });
});
