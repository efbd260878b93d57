import { type JigsawAttrs, jigsawReference } from '@unnas/pretext';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNear, floats, lightingOf, noise, normals, scenes, written } from '../testing/host-kernel.ts';
import { runs, useNative } from '../testing/oracle.ts';

const cuts = fc.record({
  grid: fc.integer({ min: 1, max: 4 }),
  share: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer(),
});

describe('UnnasJigsawBatch', () => {
  beforeAll(useNative);

  it('gives the tiles of the reference but for rounding, for any pictures, views and draws', () => {
    fc.assert(
      fc.property(
        scenes(),
        normals,
        cuts,
        ({ pictures, views, size }, { light, ...normal }, { grid, share, seed }) => {
          const side = Math.floor(size / grid);
          fc.pre(side >= 1);
          const tile = Math.max(1, Math.floor((side * share) / 4));
          const patches = pictures.length * grid * grid;
          const draws = noise(4 * patches, seed);
          const attrs = (): JigsawAttrs => ({
            ...{ pictures, views, size, grid, tile },
            ...(normal as Pick<JigsawAttrs, 'mean' | 'deviation'>),
            lighting: lightingOf(light, pictures.length),
            gray: Uint8Array.from(pictures, (_, i) => draws[i]! & 1),
            offsets: Int32Array.from({ length: 2 * patches }, (_, i) => draws[i]! % (side - tile + 1)),
            permutations: Int32Array.from(
              { length: patches },
              (_, i) => (i * (1 + (seed & 1) * (grid * grid - 2))) % (grid * grid),
            ),
            x: floats(patches * tile * tile * 3),
          });
          const expected = attrs();
          jigsawReference(expected);
          const [x] = written('UnnasJigsawBatch', attrs, (one) => [one.x]);
          // Both compute in doubles and add in another order, which makes the nearest float another one now and then.
          expectNear(x!, expected.x, { relative: 1e-6, absolute: 1e-9 });
        },
      ),
      { numRuns: runs(150) },
    );
  });

  it('makes zeros of a tile of one value, and of a border', () => {
    const data = new Uint8Array(12 * 12 * 3).fill(77);
    const whole = { top: 0, left: 0, height: 12, width: 12, scaledHeight: 12, scaledWidth: 12, flip: false };
    for (const cropLeft of [0, 12]) {
      const attrs = () => ({
        pictures: [{ height: 12, width: 12, data }],
        views: [{ ...whole, cropTop: 0, cropLeft }],
        ...{ size: 12, grid: 2, tile: 5, lighting: null, mean: [0.3, 0.3, 0.3], deviation: [0.1, 0.1, 0.1] },
        gray: new Uint8Array(1),
        offsets: new Int32Array(8),
        permutations: Int32Array.of(0, 1, 2, 3),
        x: floats(4 * 5 * 5 * 3),
      });
      expect(written('UnnasJigsawBatch', attrs, ({ x }) => [x])).toEqual([new Float32Array(4 * 5 * 5 * 3)]);
    }
  });
});
