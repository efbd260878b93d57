import type { Images, Picture } from '@unnas/images';
import { describe, expect, it } from 'vitest';
import { tinyLabeledPictures, tinyPictures } from '../fixtures/tiny-pictures.ts';
import { halvesOf } from './halves.ts';

/** A source that says which of its pictures are asked for. */
function numbered(count: number): Images {
  return {
    ...tinyPictures({ count }),
    load: async (indices) =>
      Array.from(indices, (index): Picture => ({ height: 1, width: 1, data: Uint8Array.of(index, 0, 0) })),
  };
}

async function numbersIn(source: { length: number; load: Images['load'] }): Promise<number[]> {
  return (await source.load(Array.from({ length: source.length }, (_, i) => i))).map(({ data }) => data[0]!);
}

describe('halvesOf', () => {
  it('takes of each half its share, and moves no picture from one to the other', async () => {
    const images = numbered(40);
    const settings = { seed: 4, portion: 0.4, limit: null };
    const whole = halvesOf<Picture>(images, settings);
    const part = halvesOf<Picture>(images, { ...settings, limit: 20 });
    expect([part.weights.length, part.alphas.length]).toEqual([8, 12]);
    for (const half of ['weights', 'alphas'] as const) {
      const [all, some] = [await numbersIn(whole[half]), await numbersIn(part[half])];
      expect(all).toEqual(expect.arrayContaining(some));
      expect(some).toEqual(some.toSorted((a, b) => a - b));
      expect(some).not.toEqual(all.slice(0, some.length));
      expect(await numbersIn(halvesOf<Picture>(images, { ...settings, limit: 20 })[half])).toEqual(some);
    }
  });

  it('keeps the labels', () => {
    const images = tinyLabeledPictures({ count: 12 });
    const { weights } = halvesOf(images as never, { seed: 1, portion: 0.5, limit: 6 });
    expect(weights).toMatchObject({ length: 3, labels: expect.any(Int32Array) });
  });
});
