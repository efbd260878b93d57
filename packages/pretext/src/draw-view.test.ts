import { Random } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centreView, drawCrop, drawView, type Framing, PADDING, scaledView } from './draw-view.ts';
import { checkViews, wholeView } from './transforms/view.ts';

const sides = fc.integer({ min: 1, max: 40 });
const kinds = fc.constantFrom<Framing['train'][]>('pad-crop', 'crop', 'sized-crop', 'scale-crop');

describe('views', () => {
  it('stay inside their picture, and the window inside the view but for the border of a pad-crop', () => {
    fc.assert(
      fc.property(
        fc.record({ height: sides, width: sides }),
        kinds,
        fc.integer({ min: 1, max: 12 }),
        fc.nat(10),
        fc.integer(),
        fc.boolean(),
        (picture, train, size, more, seed, release) => {
          const framing = { train, size, resize: size + more };
          const pixels = { ...picture, data: new Uint8Array(picture.height * picture.width * 3) };
          const drawn = drawView(picture, framing, Random.of(seed), release);
          const centre = centreView(picture, framing);
          checkViews([pixels, pixels], [drawn, centre], size);
          for (const view of [drawn, centre]) {
            const border = train === 'pad-crop' && view === drawn ? PADDING : 0;
            expect(Math.min(view.cropTop, view.cropLeft)).toBeGreaterThanOrEqual(-border);
            expect(view.cropTop + size).toBeLessThanOrEqual(view.scaledHeight + border);
            expect(view.cropLeft + size).toBeLessThanOrEqual(view.scaledWidth + border);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are of the middle in a test, half a pixel down and right where there is none', () => {
    const view = centreView({ height: 20, width: 31 }, { size: 7, resize: 10 });
    expect(view).toEqual({
      ...wholeView({ height: 20, width: 31 }, { scaledHeight: 10, scaledWidth: 15 }),
      cropTop: 2,
      cropLeft: 4,
    });
  });

  it('say which picture is too small to be cut', () => {
    expect(() => centreView({ height: 5, width: 9 }, { size: 6, resize: null })).toThrow(
      'a square of 6 pixels is to be cut out of a picture of 9x5, which is smaller',
    );
  });
});

describe('drawCrop', () => {
  const view = wholeView({ height: 8, width: 8 });

  it('draws all offsets alike often, those of the border included', () => {
    const counts = { top: new Map<number, number>(), left: new Map<number, number>() };
    const random = Random.of(1);
    const times = 9000;
    const count = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1);
    for (let i = 0; i < times; i++) {
      const { cropTop, cropLeft } = drawCrop(view, 8, random, { padding: 4 });
      count(counts.top, cropTop);
      count(counts.left, cropLeft);
    }
    for (const seen of [counts.top, counts.left]) {
      expect([...seen.keys()].sort((a, b) => a - b)).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
      // Five standard deviations of a binomial count; the seed is fixed.
      for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(5 * Math.sqrt(1000));
    }
  });

  it('never draws the last one in the way of the release, and nothing where there is no choice', () => {
    const offsets = (size: number, release: boolean) => {
      const random = Random.of(2);
      return new Set(Array.from({ length: 200 }, () => drawCrop(view, size, random, { release }).cropTop));
    };
    expect([...offsets(6, false)].sort()).toEqual([0, 1, 2]);
    expect([...offsets(6, true)].sort()).toEqual([0, 1]);
    expect([...offsets(7, true)]).toEqual([0]);
    const random = Random.of(3);
    drawCrop(view, 8, random);
    expect(random.uint32()).toBe(Random.of(3).uint32());
  });
});

describe('a pad-crop', () => {
  it('cuts out of the mirrored picture', () => {
    // Mirrored, then moved left by k, is moved right by k, then mirrored.
    for (let seed = 0; seed < 50; seed++) {
      const random = Random.of(seed);
      const flip = random.uniform() < 0.5;
      const [top, left] = [random.integer(9) - 4, random.integer(9) - 4];
      const view = drawView(
        { height: 8, width: 8 },
        { train: 'pad-crop', size: 8, resize: null },
        Random.of(seed),
      );
      expect(view).toMatchObject({ flip, cropTop: top, cropLeft: flip ? 0 - left : left });
    }
  });
});

describe('a sized crop', () => {
  it('takes 8 to 100 % of the area, no side more than 4/3 of the other, and of a thin picture the middle', () => {
    const areas: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const framing = { train: 'sized-crop', size: 10, resize: 12 } as const;
      const view = drawView({ height: 60, width: 80 }, framing, Random.of(seed));
      const { height, width } = view;
      areas.push((height * width) / 4800);
      expect(Math.max(height / width, width / height)).toBeLessThan(4 / 3 + 0.1);
      expect(view).toMatchObject({ scaledHeight: 10, scaledWidth: 10, cropTop: 0, cropLeft: 0 });
    }
    expect(Math.min(...areas)).toBeLessThan(0.12);
    expect(Math.min(...areas)).toBeGreaterThan(0.07);
    expect(Math.max(...areas)).toBeGreaterThan(0.9);
    const thin = { height: 3, width: 300 };
    const { flip: _, ...view } = drawView(thin, { train: 'sized-crop', size: 10, resize: 12 }, Random.of(1));
    expect({ ...view, flip: false }).toEqual(centreView(thin, { size: 10, resize: 10 }));
  });
});

describe('a scale-crop', () => {
  it('scales from a half to twice the size, but not below the crop', () => {
    const scales = Array.from({ length: 400 }, (_, seed) => {
      const framing = { train: 'scale-crop', size: 30, resize: 40 } as const;
      return drawView({ height: 50, width: 70 }, framing, Random.of(seed)).scaledHeight;
    });
    expect([Math.min(...scales), Math.max(...scales)]).toEqual([30, 79]);
    expect(scales.filter((scale) => scale > 40).length / 400).toBeCloseTo(0.5, 1);
  });
});

describe('scaledView', () => {
  it('scales the shorter side, and rounds the other down', () => {
    expect(scaledView({ height: 30, width: 47 }, 20)).toMatchObject({ scaledHeight: 20, scaledWidth: 31 });
    expect(scaledView({ height: 47, width: 30 }, 20)).toMatchObject({ scaledHeight: 31, scaledWidth: 20 });
    expect(scaledView({ height: 30, width: 47 }, 30)).toEqual(wholeView({ height: 30, width: 47 }));
  });
});
