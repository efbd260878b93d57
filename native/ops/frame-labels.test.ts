import { frameLabelsReference } from '@unnas/pretext';
import * as fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { expectSameBits, integers, scenes, written } from '../testing/host-kernel.ts';
import { runs, useNative } from '../testing/oracle.ts';

describe('UnnasFrameLabels', () => {
  beforeAll(useNative);

  it('gives the labels of the reference for any maps and views', () => {
    fc.assert(
      fc.property(scenes(1), ({ pictures: labelMaps, views, size }) => {
        const attrs = () => ({ labelMaps, views, size, y: integers(labelMaps.length * size * size) });
        const expected = attrs();
        frameLabelsReference(expected);
        expectSameBits(written('UnnasFrameLabels', attrs, ({ y }) => [y])[0]!, expected.y);
      }),
      { numRuns: runs(200) },
    );
  });
});
