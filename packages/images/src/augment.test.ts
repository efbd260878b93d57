import { Random } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CropFlip, drawCropFlip, normalisation, PADDING, UNCHANGED, writeAugmented } from './augment.ts';
import type { Picture, Statistics } from './picture.ts';

const statistics: Statistics = { mean: [0.49, 0.48, 0.45], deviation: [0.25, 0.24, 0.26] };

/** The definition, step by step: normalise, mirror, pad with zeros, cut out. */
function augmented({ height, width, data }: Picture, { flip, top, left }: CropFlip): number[] {
  const value = (row: number, column: number, channel: 0 | 1 | 2) => {
    if (row < 0 || row >= height || column < 0 || column >= width) return 0;
    const from = flip ? width - 1 - column : column;
    const byte = data[(row * width + from) * 3 + channel]!;
    return Math.fround((byte / 255 - statistics.mean[channel]) / statistics.deviation[channel]);
  };
  const out: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (const channel of [0, 1, 2] as const) {
        out.push(value(row + top - PADDING, column + left - PADDING, channel));
      }
    }
  }
  return out;
}

const offset = fc.integer({ min: 0, max: 2 * PADDING });
const draws = fc.record({ flip: fc.boolean(), top: offset, left: offset });
const pictures = fc
  .record({ height: fc.integer({ min: 1, max: 12 }), width: fc.integer({ min: 1, max: 12 }) })
  .chain(({ height, width }) =>
    fc
      .uint8Array({ minLength: height * width * 3, maxLength: height * width * 3 })
      .map((data) => ({ height, width, data })),
  );

describe('writeAugmented', () => {
  it('normalises, then mirrors, then cuts out of the zero-padded picture', () => {
    fc.assert(
      fc.property(pictures, draws, fc.nat(5), (picture, draw, at) => {
        const count = picture.data.length;
        const out = new Float32Array(count + at + 2).fill(-77);
        writeAugmented(picture, draw, normalisation(statistics), out, at);
        expect([...out.subarray(at, at + count)]).toEqual(augmented(picture, draw));
        expect([...out.subarray(0, at), ...out.subarray(at + count)].every((v) => v === -77)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves a picture as it is without draws', () => {
    const picture = { height: 2, width: 1, data: Uint8Array.of(0, 51, 255, 102, 153, 204) };
    const out = new Float32Array(6);
    writeAugmented(picture, UNCHANGED, normalisation({ mean: [0, 0, 0], deviation: [1, 1, 1] }), out, 0);
    expect([...out]).toEqual([0, 0.2, 1, 0.4, 0.6, 0.8].map(Math.fround));
  });
});

describe('drawCropFlip', () => {
  it('draws every flip and every offset from 0 to 8 alike often', () => {
    const counts = { flip: [0, 0], top: new Array(9).fill(0), left: new Array(9).fill(0) };
    const random = Random.of(1);
    const times = 9000;
    for (let i = 0; i < times; i++) {
      const { flip, top, left } = drawCropFlip(random);
      counts.flip[Number(flip)]!++;
      counts.top[top]++;
      counts.left[left]++;
    }
    // Five standard deviations of a binomial count; the seed is fixed.
    for (const cells of [counts.flip, counts.top, counts.left]) {
      const expected = times / cells.length;
      for (const seen of cells) expect(Math.abs(seen - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });
});
