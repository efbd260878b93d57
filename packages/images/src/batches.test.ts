import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { augmentationStreams, batches, batchesPerEpoch, epochOrder } from './batches.ts';

const at = { seed: 7, epoch: 3, stream: 'weights' };

describe('epochOrder', () => {
  it('visits every picture once, in an order of its own for each seed, epoch and stream', () => {
    const order = epochOrder(1000, at);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(epochOrder(1000, at)).toEqual(order);
    for (const other of [{ seed: 8 }, { epoch: 4 }, { stream: 'alphas' }]) {
      expect(epochOrder(1000, { ...at, ...other })).not.toEqual(order);
    }
  });
});

describe('batches', () => {
  it('cuts an order without gaps, and drops what does not fill a batch unless asked to keep it', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 40 }), (length, batch) => {
        const order = epochOrder(length, at);
        const full = batches(order, batch);
        expect(full.every((indices) => indices.length === batch)).toBe(true);
        expect(full.flatMap((indices) => [...indices])).toEqual([
          ...order.slice(0, length - (length % batch)),
        ]);
        const all = batches(order, batch, { keepLast: true });
        expect(all.flatMap((indices) => [...indices])).toEqual([...order]);
        expect(all.length).toBe(batchesPerEpoch(length, batch, { keepLast: true }));
      }),
    );
  });

  it('refuses a batch of nothing', () => {
    for (const batch of [0, -1, 1.5, Number.NaN]) {
      expect(() => batchesPerEpoch(10, batch)).toThrow('a batch is a whole number of pictures');
    }
  });
});

describe('augmentationStreams', () => {
  it('gives a picture the same stream in whatever batch it is', () => {
    const draw = (indices: number[], epoch = 3) =>
      augmentationStreams(indices, { ...at, epoch }).map((stream) => stream.uint32());
    const [a, b, c] = draw([5, 900, 17]);
    expect(draw([17, 5])).toEqual([c, a]);
    expect(draw([900], 4)).not.toEqual([b]);
    expect(new Set(draw(Array.from({ length: 1000 }, (_, i) => i))).size).toBe(1000);
  });
});
