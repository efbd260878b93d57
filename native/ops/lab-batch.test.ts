import { AB_CENTRES, abBin, labOf, labReference } from '@unnas/pretext';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  callHostKernel,
  expectNear,
  expectSameBits,
  floats,
  integers,
  scenes,
  written,
} from '../testing/host-kernel.ts';
import { runs, useNative } from '../testing/oracle.ts';

/** The bins of all colours of 8-bit sRGB: the kernel's for red * 2^16 + green * 2^8 + blue. */
function allBins(): Int32Array {
  const side = 4096;
  const data = new Uint8Array(side * side * 3);
  for (let colour = 0; colour < side * side; colour++) {
    data[3 * colour] = colour >> 16;
    data[3 * colour + 1] = colour >> 8;
    data[3 * colour + 2] = colour;
  }
  const whole = { top: 0, left: 0, height: side, width: side, scaledHeight: side, scaledWidth: side };
  const y = integers(side * side);
  callHostKernel('UnnasLabBatch', {
    pictures: [{ height: side, width: side, data }],
    views: [{ ...whole, cropTop: 0, cropLeft: 0, flip: false }],
    ...{ size: side, mean: 0, deviation: 1, x: new Float32Array(side * side), y },
  });
  return y;
}

describe('UnnasLabBatch', () => {
  beforeAll(useNative);

  it('gives the bins of the reference exactly, and its lightness but for rounding, for any views', () => {
    fc.assert(
      fc.property(scenes(), ({ pictures, views, size }) => {
        const values = pictures.length * size * size;
        const attrs = () => ({
          ...{ pictures, views, size, mean: 0.449, deviation: 0.226 },
          ...{ x: floats(values), y: integers(values) },
        });
        const expected = attrs();
        labReference(expected);
        const [x, y] = written('UnnasLabBatch', attrs, (one) => [one.x, one.y]);
        expectSameBits(y!, expected.y);
        // L in floats is off by less than two units in the last place of 100, which is 4.4 here.
        expectNear(x as Float32Array, expected.x, { absolute: 4.4 * 5e-7 });
      }),
      { numRuns: runs(100) },
    );
  });

  it('puts every colour of 8-bit sRGB into the bin of the definition in double precision', () => {
    const bins = allBins();
    let wrong = 0;
    for (let colour = 0; colour < bins.length; colour++) {
      const [, a, b] = labOf(colour >> 16, (colour >> 8) & 255, colour & 255);
      if (abBin(a, b) !== bins[colour]) wrong++;
    }
    expect(wrong).toBe(0);
  }, 60_000);

  it('puts colours into the bin whose centre is the nearest of all', () => {
    const bins = allBins();
    for (let colour = 0; colour < bins.length; colour += 997) {
      const [, a, b] = labOf(colour >> 16, (colour >> 8) & 255, colour & 255);
      const distances = AB_CENTRES.map((centre) => (centre[0] - a) ** 2 + (centre[1] - b) ** 2);
      expect(distances.indexOf(Math.min(...distances))).toBe(bins[colour]);
    }
  });
});
