import { isInputError } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labeled } from './labeled.ts';
import type { Images, LabeledImages } from './picture.ts';
import { pixelsInMemory } from './pixels.ts';
import { segmented } from './segmented.ts';
import { split, take } from './subset.ts';

/** A set of 1x1 pictures: picture i is of the colour (i, i >> 8, 0) and of class i mod 3. */
function numbered(length: number): LabeledImages {
  const data = new Uint8Array(3 * length);
  for (let i = 0; i < length; i++) data.set([i & 255, i >> 8, 0], 3 * i);
  const images: Images = {
    name: 'numbers',
    preparation: 'cifar',
    mean: [0.5, 0.4, 0.3],
    deviation: [0.1, 0.2, 0.3],
    skipped: [],
    ...pixelsInMemory(data, 1),
  };
  return labeled(
    images,
    Int32Array.from({ length }, (_, i) => i % 3),
    ['a', 'b', 'c'],
  );
}

async function numbers(source: Images | LabeledImages): Promise<number[]> {
  const pictures = await source.load(Array.from({ length: source.length }, (_, i) => i));
  return pictures.map(({ data }) => data[0]! + 256 * data[1]!);
}

describe('split', () => {
  it('gives two disjoint parts that together are the whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 400 }), fc.integer(), async (length, seed) => {
        const [weights, alphas] = split(numbered(length), { seed });
        expect(weights.length).toBe(Math.floor(length / 2));
        const both = [...(await numbers(weights)), ...(await numbers(alphas))];
        expect(both.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the labels with their pictures, and the statistics of the whole', async () => {
    for (const part of split(numbered(50), { seed: 3, portion: 0.3 })) {
      expect([...part.labels]).toEqual((await numbers(part)).map((number) => number % 3));
      expect((await part.load([2]))[0]!.label).toBe(part.labels[2]);
      expect(part.mean).toEqual([0.5, 0.4, 0.3]);
      expect('label' in (await part.images.load([2]))[0]!).toBe(false);
    }
  });

  it('depends on the seed alone, and splits with and without labels alike', async () => {
    const [first] = split(numbered(100), { seed: 1 });
    expect(await numbers(split(numbered(100).images, { seed: 1 })[0])).toEqual(await numbers(first));
    expect(await numbers(split(numbered(100), { seed: 2 })[0])).not.toEqual(await numbers(first));
  });

  it('refuses a set that is too small, and a portion that leaves a part empty', () => {
    expect(() => split(numbered(1), { seed: 0 })).toThrow('numbers has too few pictures to split: 0.5 of 1');
    expect(() => split(numbered(9), { seed: 0, portion: 0.1 })).toThrow('0.1 of 9 leaves one part empty');
    for (const portion of [0, 1, -0.5, Number.NaN]) {
      expect(() => split(numbered(9), { seed: 0, portion })).toThrow('between 0 and 1');
    }
  });
});

describe('take', () => {
  it('takes the first pictures or those asked for', async () => {
    expect(await numbers(take(numbered(300), 4))).toEqual([0, 1, 2, 3]);
    const some = take(numbered(300), [299, 5, 5]);
    expect(await numbers(some)).toEqual([299, 5, 5]);
    expect([...some.labels]).toEqual([2, 2, 2]);
    expect(await numbers(take(some, [2, 0]))).toEqual([5, 299]);
  });

  it('refuses more pictures than there are', () => {
    const error = catchError(() => take(numbered(3), 4));
    expect(error.message).toBe('numbers has 3 pictures, cannot take 4');
    expect(isInputError(error)).toBe(true);
    expect(() => take(numbered(3), 0)).toThrow('at least 1, got 0');
    expect(() => take(numbered(3), [3])).toThrow('there is no picture 3 in a set of 3');
    expect(() => take(numbered(3), [-1])).toThrow('there is no picture -1');
  });

  it('does not reach beyond the part it took', async () => {
    await expect(take(numbered(9), 4).load([4])).rejects.toThrow('there is no picture 4 in a set of 4');
    await expect(take(numbered(9), 4).load([0.5])).rejects.toThrow('there is no picture 0.5');
  });
});

describe('labeled', () => {
  it('refuses labels that are no classes', () => {
    const { images } = numbered(3);
    expect(() => labeled(images, Int32Array.of(0, 1, 2), ['a', 'b'])).toThrow(
      'numbers: the label of picture 2 is 2, expected 0 to 1',
    );
    expect(() => labeled(images, Int32Array.of(0), ['a', 'b'])).toThrow(
      '3 pictures need as many labels, got 1',
    );
  });
});

function catchError(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}

describe('a set with label maps', () => {
  const { images } = numbered(20);
  const maps = segmented(
    images,
    async (indices) => {
      const pictures = await images.load(indices);
      return pictures.map((picture) => ({ ...picture, labelMap: Uint8Array.of(picture.data[0]! % 4) }));
    },
    ['a', 'b', 'c', 'd'],
  );

  it('keeps each map with its picture in all its parts, and the pictures alone without it', async () => {
    const parts = [...split(maps, { seed: 4 }), take(maps, [7, 3, 3])];
    for (const part of parts) {
      const all = Array.from({ length: part.length }, (_, i) => i);
      const pictures = await part.load(all);
      expect(pictures.map(({ labelMap }) => labelMap[0])).toEqual(pictures.map(({ data }) => data[0]! % 4));
      const alone = await part.images.load(all);
      expect(alone.map(({ data }) => data)).toEqual(pictures.map(({ data }) => data));
      expect(alone.some((picture) => 'labelMap' in picture)).toBe(false);
      expect([part.segments, part.classes]).toEqual([true, ['a', 'b', 'c', 'd']]);
    }
    expect((await parts[2]!.load([0, 1, 2])).map(({ data }) => data[0])).toEqual([7, 3, 3]);
  });

  it('refuses a map of another size, and a class that is none', async () => {
    const give = (labelMap: Uint8Array) => async () => [{ ...(await images.load([0]))[0]!, labelMap }];
    const load = (map: Uint8Array) => segmented(images, give(map), ['a', 'b']).load([6]);
    expect(await load(Uint8Array.of(255))).toHaveLength(1);
    await expect(load(new Uint8Array(2))).rejects.toThrow(
      'numbers: picture 6 has 1x1 pixels, its label map has 2',
    );
    await expect(load(Uint8Array.of(2))).rejects.toThrow(
      'a pixel of picture 6 has the class 2, expected 0 to 1 or 255',
    );
  });
});
