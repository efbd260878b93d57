import type { Picture, Rgb } from '@unnas/images';
import { Random } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AB_BINS, AB_CENTRES, abBin, GRAY_BIN } from './ab-bins.ts';
import { frameBatch } from './frame.ts';
import { frameLabels } from './frame-labels.ts';
import { jigsawBatch } from './jigsaw.ts';
import { labBatch, labOf } from './lab.ts';
import { type View, wholeView } from './view.ts';

const mean: Rgb = [0.49, 0.48, 0.45];
const deviation: Rgb = [0.25, 0.24, 0.26];

function noise(random: Random, height: number, width = height): Picture {
  return { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => random.integer(256)) };
}

/** Any view of a picture. */
function anyView(random: Random, { height, width }: Picture): View {
  const h = 1 + random.integer(height);
  const w = 1 + random.integer(width);
  return {
    top: random.integer(height - h + 1),
    left: random.integer(width - w + 1),
    height: h,
    width: w,
    scaledHeight: 1 + random.integer(2 * h),
    scaledWidth: 1 + random.integer(2 * w),
    cropTop: random.integer(9) - 4,
    cropLeft: random.integer(9) - 4,
    flip: random.uniform() < 0.5,
  };
}

/** What a view shows at a pixel of its window, from 0 to 255 and not rounded; undefined in the border. */
function shown(picture: Picture, view: View, size: number, [row, column, channel]: number[]) {
  const y = view.cropTop + row!;
  const x = view.cropLeft + (view.flip ? size - 1 - column! : column!);
  if (y < 0 || x < 0 || y >= view.scaledHeight || x >= view.scaledWidth) return undefined;
  const between = (place: number, last: number) => {
    const inside = Math.min(Math.max(place, 0), last);
    return [Math.floor(inside), Math.min(Math.floor(inside) + 1, last), inside - Math.floor(inside)] as const;
  };
  const [top, bottom, down] = between(((y + 0.5) * view.height) / view.scaledHeight - 0.5, view.height - 1);
  const [left, right, along] = between(((x + 0.5) * view.width) / view.scaledWidth - 0.5, view.width - 1);
  const at = (r: number, c: number) =>
    picture.data[((view.top + r) * picture.width + view.left + c) * 3 + channel!]!;
  return (
    (at(top, left) * (1 - along) + at(top, right) * along) * (1 - down) +
    (at(bottom, left) * (1 - along) + at(bottom, right) * along) * down
  );
}

describe('frameBatch', () => {
  it('resizes a region, cuts out, mirrors, lights, normalises; the border is zero', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), (seed, size) => {
        const random = Random.of(seed);
        const pictures = [noise(random, 1 + random.integer(9), 1 + random.integer(9)), noise(random, 5, 3)];
        const views = pictures.map((picture) => anyView(random, picture));
        const lighting = Float32Array.from({ length: 6 }, () => random.normal() / 10);
        const x = frameBatch({ pictures, views, size, lighting, mean, deviation, turns: 1 });
        expect(x.length).toBe(2 * size * size * 3);
        for (const [at, value] of x.entries()) {
          const channel = at % 3;
          const pixel = Math.floor(at / 3);
          const [row, column] = [Math.floor(pixel / size) % size, pixel % size];
          const i = Math.floor(pixel / size / size);
          const expected = shown(pictures[i]!, views[i]!, size, [row, column, channel]);
          if (expected === undefined) expect(value).toBe(0);
          else {
            const lit = expected / 255 + lighting[i * 3 + channel]! - mean[channel]!;
            expect(value).toBeCloseTo(lit / deviation[channel]!, 4);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives the bytes of a picture that is not resized, normalised and rounded once', () => {
    const picture = noise(Random.of(2), 6);
    const x = frameBatch({
      pictures: [picture],
      views: [wholeView(picture)],
      size: 6,
      lighting: null,
      mean,
      deviation,
      turns: 1,
    });
    for (const [at, byte] of picture.data.entries()) {
      expect(x[at]).toBe(Math.fround((byte / 255 - mean[at % 3]!) / deviation[at % 3]!));
    }
  });

  it('refuses views that reach beyond their picture, and pictures without a view', () => {
    const picture = noise(Random.of(0), 4, 5);
    const options = { pictures: [picture], size: 3, lighting: null, mean, deviation, turns: 1 } as const;
    expect(() => frameBatch({ ...options, views: [{ ...wholeView(picture), left: 1 }] })).toThrow(
      'inside its picture of 5x4',
    );
    expect(() => frameBatch({ ...options, views: [{ ...wholeView(picture), cropTop: 0.5 }] })).toThrow(
      'whole pixels',
    );
    expect(() => frameBatch({ ...options, views: [] })).toThrow('1 pictures need as many views, got 0');
  });
});

describe('labBatch', () => {
  // Computed with scikit-image.
  it.each([
    [[255, 0, 0], [53.2406, 80.0923, 67.2028], 283, [80, 70]],
    [[0, 255, 0], [87.7351, -86.183, 83.1797], 3, [-90, 80]],
    [[0, 0, 255], [32.2957, 79.1856, -107.8573], 265, [80, -110]],
    [[255, 255, 0], [97.1395, -21.5547, 94.4781], 94, [-20, 90]],
    [[200, 150, 100], [65.7601, 12.7589, 33.5647], 142, [10, 30]],
    [[12, 200, 240], [74.6182, -27.0781, -31.2438], 66, [-30, -30]],
  ] as const)('finds Lab and bin of %j', (rgb, lab, bin, centre) => {
    const [lightness, a, b] = labOf(rgb[0], rgb[1], rgb[2]);
    for (const [i, value] of [lightness, a, b].entries()) expect(value).toBeCloseTo(lab[i]!, 4);
    expect(abBin(a, b)).toBe(bin);
    expect(AB_CENTRES[bin]).toEqual(centre);
    const picture = { height: 1, width: 1, data: Uint8Array.from(rgb) };
    const { x, y } = labBatch({
      pictures: [picture],
      views: [wholeView(picture)],
      size: 1,
      mean: 0.449,
      deviation: 0.226,
    });
    expect([...y]).toEqual([bin]);
    expect(x[0]).toBeCloseTo((lab[0] / 100 - 0.449) / 0.226, 4);
  });

  it('knows 313 bins, of which 8-bit colours use the nearest, and all grays one', () => {
    expect(AB_BINS).toBe(313);
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.nat(255), (r, g, b) => {
        const [, a, bb] = labOf(r, g, b);
        const distances = AB_CENTRES.map(([ca, cb]) => (a - ca) ** 2 + (bb - cb) ** 2);
        expect(abBin(a, bb)).toBe(distances.indexOf(Math.min(...distances)));
      }),
    );
    expect(GRAY_BIN).toBe(120);
    for (let v = 0; v < 256; v++) {
      const [, a, b] = labOf(v, v, v);
      expect(abBin(a, b)).toBe(120);
    }
  });

  it('cuts resized values to 8 bits before it looks at their colour', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = Random.of(seed);
        const picture = noise(random, 6, 5);
        const view = anyView(random, picture);
        const size = 4;
        const { x, y } = labBatch({ pictures: [picture], views: [view], size, mean: 0, deviation: 1 });
        for (const [at, lightness] of x.entries()) {
          const place = [Math.floor(at / size), at % size];
          const rgb = [0, 1, 2].map((channel) => shown(picture, view, size, [...place, channel]));
          if (rgb[0] === undefined) {
            expect([lightness, y[at]]).toEqual([0, GRAY_BIN]);
            continue;
          }
          // Where rounding decides what is cut off, either is right.
          if (rgb.some((value) => Math.abs(value! - Math.round(value!)) < 1e-3)) continue;
          const [l, a, b] = labOf(...(rgb.map((value) => Math.floor(value!)) as [number, number, number]));
          expect(lightness).toBe(Math.fround(l / 100));
          expect(y[at]).toBe(abBin(a, b));
        }
      }),
    );
  });
});

describe('jigsawBatch', () => {
  const pictures = [noise(Random.of(1), 11), noise(Random.of(2), 11)];
  const options = {
    pictures,
    views: pictures.map((picture) => wholeView(picture)),
    size: 11,
    lighting: null,
    mean,
    deviation,
    grid: 2,
    tile: 3,
    gray: Uint8Array.of(0, 1),
    offsets: Int32Array.of(0, 0, 2, 1, 1, 2, 0, 1, 2, 2, 0, 0, 1, 1, 2, 0),
    permutations: Int32Array.of(2, 0, 3, 1, 0, 1, 2, 3),
  };

  it('puts the tile of each patch into its slot, standardised', () => {
    const x = jigsawBatch(options);
    const tiles = 2 * 4;
    const values = 3 * 3 * 3;
    expect(x.length).toBe(tiles * values);
    for (let at = 0; at < tiles; at++) {
      const [i, patch] = [Math.floor(at / 4), at % 4];
      const picture = pictures[i]!;
      // The patches are 5 pixels wide; the last row and the last column are left over.
      const top = Math.floor(patch / 2) * 5 + options.offsets[2 * at]!;
      const left = (patch % 2) * 5 + options.offsets[2 * at + 1]!;
      const raw = Array.from({ length: values }, (_, k) => {
        const [row, column, channel] = [Math.floor(k / 9), Math.floor(k / 3) % 3, k % 3];
        const pixel = picture.data.subarray(((top + row) * 11 + left + column) * 3).subarray(0, 3);
        const gray = 0.2125 * pixel[0]! + 0.7154 * pixel[1]! + 0.0721 * pixel[2]!;
        return ((i === 1 ? gray : pixel[channel]!) / 255 - mean[channel]!) / deviation[channel]!;
      });
      const average = raw.reduce((a, b) => a + b) / values;
      const spread = Math.sqrt(raw.reduce((sum, v) => sum + (v - average) ** 2, 0) / values);
      const from = (i * 4 + options.permutations[at]!) * values;
      const tile = x.subarray(from, from + values);
      for (const [k, value] of raw.entries()) expect(tile[k]).toBeCloseTo((value - average) / spread, 5);
    }
  });

  it('makes zeros of a tile of one value, resized or not', () => {
    const flat = { height: 7, width: 5, data: new Uint8Array(7 * 5 * 3).fill(201) };
    const even: Rgb = [0.3, 0.3, 0.3];
    for (const scaled of [12, 19, 31]) {
      const x = jigsawBatch({
        ...options,
        pictures: [flat],
        views: [wholeView(flat, { scaledHeight: scaled, scaledWidth: scaled })],
        mean: even,
        deviation: even,
        gray: Uint8Array.of(0),
        offsets: options.offsets.slice(0, 8),
        permutations: options.permutations.slice(0, 4),
      });
      expect([...x].every((value) => value === 0)).toBe(true);
    }
  });

  it('refuses tiles that do not fit and draws that do not', () => {
    expect(() => jigsawBatch({ ...options, tile: 6 })).toThrow(
      'a square of 11 cannot be cut into 2x2 tiles of 6',
    );
    expect(() => jigsawBatch({ ...options, tile: 4 })).toThrow('offsets from 0 to 1');
    expect(() => jigsawBatch({ ...options, permutations: new Int32Array(7) })).toThrow('as many draws');
  });
});

describe('frameLabels', () => {
  it('shows the label at the nearest pixel, and 255 in the border', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = Random.of(seed);
        const [height, width, size] = [6, 4, 5];
        const map = { height, width, data: Uint8Array.from({ length: 24 }, () => random.integer(19)) };
        const view = anyView(random, map);
        const y = frameLabels({ labelMaps: [map], views: [view], size });
        for (const [at, label] of y.entries()) {
          const row = view.cropTop + Math.floor(at / size);
          const column = view.cropLeft + (view.flip ? size - 1 - (at % size) : at % size);
          const outside = row < 0 || column < 0 || row >= view.scaledHeight || column >= view.scaledWidth;
          const from =
            (view.top + Math.floor((row * view.height) / view.scaledHeight + 1e-9)) * width +
            view.left +
            Math.floor((column * view.width) / view.scaledWidth + 1e-9);
          expect(label).toBe(outside ? 255 : map.data[from]);
        }
      }),
    );
  });
});
