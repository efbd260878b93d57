import { type FrameAttrs, frameReference } from '@unnas/pretext';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  expectSameBits,
  floats,
  lightingOf,
  noise,
  normals,
  scenes,
  written,
} from '../testing/host-kernel.ts';
import { runs, useNative } from '../testing/oracle.ts';

const turned = fc.constantFrom<(1 | 4)[]>(1, 4);

describe('UnnasFrameBatch', () => {
  beforeAll(useNative);

  it('gives the bits of the reference for any pictures, views and lighting', () => {
    fc.assert(
      fc.property(scenes(), normals, turned, ({ pictures, views, size }, { light, ...normal }, turns) => {
        const attrs = (): FrameAttrs => ({
          ...{ pictures, views, size, turns },
          ...(normal as Pick<FrameAttrs, 'mean' | 'deviation'>),
          lighting: lightingOf(light, pictures.length),
          x: floats(pictures.length * turns * size * size * 3),
        });
        const expected = attrs();
        frameReference(expected);
        expectSameBits(written('UnnasFrameBatch', attrs, ({ x }) => [x])[0]!, expected.x);
      }),
      { numRuns: runs(200) },
    );
  });

  it('reads no byte behind a picture, however it is seen', () => {
    // The picture ends with its memory; under AddressSanitizer that is a red zone.
    for (const flip of [false, true])
      for (const scaled of [3, 5, 9]) {
        const data = new Uint8Array(noise(5 * 5 * 3, 1).buffer.slice(0));
        const [x] = written(
          'UnnasFrameBatch',
          () => ({
            pictures: [{ height: 5, width: 5, data }],
            views: [
              {
                top: 0,
                left: 0,
                height: 5,
                width: 5,
                scaledHeight: scaled,
                scaledWidth: scaled,
                cropTop: 0,
                cropLeft: 0,
                flip,
              },
            ],
            ...{ size: scaled, turns: 4, lighting: null, mean: [0, 0, 0], deviation: [1, 1, 1] },
            x: floats(4 * scaled * scaled * 3),
          }),
          ({ x }) => [x],
        );
        expect(Math.max(...x!)).toBeLessThanOrEqual(1);
      }
  });
});
