import * as tf from '@tensorflow/tfjs';
import type { LabeledPicture, Picture, Preparation, SegmentedPicture } from '@unnas/images';
import { Random } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classification } from './classification.ts';
import { colorization } from './colorization.ts';
import { jigsaw } from './jigsaw.ts';
import { rotation } from './rotation.ts';
import { segmentation } from './segmentation.ts';
import type { SetOfPictures, Task } from './task.ts';

const constants = { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.3, 0.4] } as const;
const set = (size: number | null, preparation: Preparation = 'cifar'): SetOfPictures => ({
  ...constants,
  preparation,
  size,
});

function noise(random: Random, height: number, width = height): LabeledPicture & SegmentedPicture {
  const bytes = (count: number, below: number) =>
    Uint8Array.from({ length: count }, () => random.integer(below));
  return {
    height,
    width,
    data: bytes(height * width * 3, 256),
    label: random.integer(3),
    labelMap: bytes(height * width, 3),
  };
}

type AnyTask = Task<LabeledPicture & SegmentedPicture>;
const tasks = (options: { crop?: number; resize?: number; release?: boolean } = {}): AnyTask[] => [
  rotation(options),
  colorization(options),
  jigsaw(options),
  classification({ classes: 3, ...options }) as AnyTask,
  segmentation({ classes: 3, channels: 4, ...options }) as AnyTask,
];

/** One quarter turn counter-clockwise, as np.rot90: turned[r][c] = picture[c][size - 1 - r]. */
function turned(values: Float32Array, size: number): Float32Array {
  return values.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [r, c] = [Math.floor(pixel / size), pixel % size];
    return values[(c * size + size - 1 - r) * 3 + channel]!;
  });
}

describe.each(tasks().map((task) => [task.name, task] as const))('%s', (_, task) => {
  it('makes batches of the shapes that it names', () => {
    const random = Random.of(3);
    const pictures = Array.from({ length: 3 }, () => noise(random, 16));
    const source = set(16);
    const { x, xShape, y, yShape } = task.prepare(
      pictures,
      source,
      pictures.map((_, i) => Random.of(i)),
      'train',
    );
    const size = task.inputSize(source);
    expect(xShape.slice(-3)).toEqual([size, size, task.channels]);
    expect(xShape.slice(0, -3).reduce((a, b) => a * b)).toBe(3 * task.views);
    expect([x.length, y.length]).toEqual([xShape, yShape].map((shape) => shape.reduce((a, b) => a * b)));
    expect(y.every((label) => (label >= 0 && label < task.classes) || label === 255)).toBe(true);
    expect(x.every(Number.isFinite)).toBe(true);
  });

  it('prepares a picture from its own stream alone, whatever else is in the batch', () => {
    const random = Random.of(4);
    for (const preparation of ['cifar', 'imagenet', 'cityscapes'] as const) {
      const pictures = [noise(random, 12, 9), noise(random, 10, 17), noise(random, 8)];
      const source = set(null, preparation);
      const own = tasks({ crop: 8 }).find(({ name }) => name === task.name)!;
      const streams = () => [0, 1, 2].map((index) => Random.of(9, 'augment', index));
      const all = own.prepare(pictures, source, streams(), 'train');
      for (const [i, picture] of pictures.entries()) {
        const alone = own.prepare([picture], source, [streams()[i]!], 'train');
        const part = <T extends Float32Array | Int32Array>(values: T, from: T) =>
          from.subarray(i * values.length, (i + 1) * values.length);
        expect(part(alone.x, all.x)).toEqual(alone.x);
        expect(part(alone.y, all.y)).toEqual(alone.y);
      }
    }
  });

  it('augments in training, and differently with every stream', () => {
    const picture = noise(Random.of(1), 16);
    const prepare = (seed: number, mode: 'train' | 'test') =>
      task.prepare([picture], set(16), [Random.of(seed)], mode).x;
    expect(prepare(1, 'train')).toEqual(prepare(1, 'train'));
    const seen = new Set(Array.from({ length: 8 }, (_, seed) => prepare(seed, 'train').join()));
    expect(seen.size).toBeGreaterThan(1);
    // The tiles of a puzzle and their order are drawn in a test as well.
    if (task.name !== 'jigsaw') expect(prepare(1, 'test')).toEqual(prepare(2, 'test'));
  });

  it('takes pictures of any size that the crop fits in, after a resize', () => {
    const random = Random.of(8);
    for (const preparation of ['cifar', 'imagenet', 'cityscapes'] as const) {
      const [own] = tasks({ crop: 8, resize: 11 }).filter(({ name }) => name === task.name);
      const pictures = [noise(random, 1), noise(random, 300, 2), noise(random, 11)];
      for (const mode of ['train', 'test'] as const) {
        const source = set(null, preparation);
        const { x } = own!.prepare(
          pictures,
          source,
          pictures.map((_, i) => Random.of(i)),
          mode,
        );
        expect(x.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('says so where pictures and crop do not suit each other', () => {
    const [own] = tasks({ crop: 9, resize: 8 }).filter(({ name }) => name === task.name);
    expect(() => own!.inputSize(set(16))).toThrow('a crop of 9 pixels cannot be cut out');
    expect(() => task.inputSize(set(null))).toThrow('pictures of different sizes need a crop');
    expect(() => tasks({ crop: 2.5 })).toThrow('the crop is a whole number of pixels, at least 1, got 2.5');
  });

  it('has options that JSON can keep', () => {
    expect(JSON.parse(JSON.stringify(task.options))).toEqual(task.options);
  });
});

describe('rotation', () => {
  it('shows each picture four times in a row, each time one quarter further', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), fc.nat(4), (seed, size, count) => {
        const random = Random.of(seed);
        const pictures = Array.from({ length: count }, () => noise(random, size));
        const streams = pictures.map((_, i) => random.split(i));
        const { x, xShape, y, yShape } = rotation().prepare(pictures, set(size), streams, 'train');
        expect(xShape).toEqual([4 * count, size, size, 3]);
        expect(yShape).toEqual([4 * count]);
        expect([...y]).toEqual(pictures.flatMap(() => [0, 1, 2, 3]));
        const values = size * size * 3;
        for (let row = 0; row < 4 * count; row++) {
          const [here, next] = [row, row % 4 === 3 ? row - 3 : row + 1].map((r) =>
            x.subarray(r * values, (r + 1) * values),
          );
          expect(next).toEqual(turned(here!, size));
        }
      }),
    );
  });

  it('shows small squares as they are in a test, normalised', () => {
    const picture = noise(Random.of(1), 8);
    const { x } = rotation().prepare([picture], set(8), [Random.of(0)], 'test');
    for (const c of [0, 1, 2] as const) {
      const expected = Math.fround((picture.data[c]! / 255 - constants.mean[c]) / constants.deviation[c]);
      expect(x[c]).toBe(expected);
    }
  });
});

describe('jigsaw', () => {
  it('has the tiles of the paper', () => {
    expect(jigsaw().inputSize(set(32))).toBe(12);
    const task = jigsaw({ grid: 3 });
    expect([task.classes, task.metric.chance]).toEqual([1000, 1 / 1000]);
    expect(task.inputSize(set(null, 'imagenet'))).toBe(64);
    expect(task.inputSize(set(null, 'cityscapes'))).toBe(81);
  });

  it('labels a puzzle with the number of its permutation', () => {
    const own = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
    ];
    const task = jigsaw({ permutations: own, gray: 0 });
    const pictures = Array.from({ length: 16 }, () => noise(Random.of(5), 8));
    const streams = () => pictures.map((_, i) => Random.of(6, i));
    const { x, y } = task.prepare(pictures, set(8), streams(), 'test');
    const values = 3 * 3 * 3;
    const plain = jigsaw({ permutations: [own[0]!, [1, 0, 3, 2]], gray: 0 });
    const inPlace = plain.prepare(pictures, set(8), streams(), 'test');
    expect(new Set(y)).toEqual(new Set([0, 1]));
    for (const [i, label] of y.entries()) {
      // The same streams draw the same tiles; only where they go differs.
      const tile = (from: Float32Array, slot: number) =>
        from.subarray((i * 4 + slot) * values, (i * 4 + slot + 1) * values);
      const permutation = own[label]!;
      const other = label === 0 ? [0, 1, 2, 3] : [1, 0, 3, 2];
      for (let patch = 0; patch < 4; patch++) {
        expect(tile(x, permutation[patch]!)).toEqual(tile(inPlace.x, other[patch]!));
      }
    }
  });

  it('is another task with other permutations', () => {
    const digest = (task: Task) => task.options.digest;
    expect(digest(jigsaw())).toBe(digest(jigsaw({ grid: 2, permutations: 24 })));
    expect(digest(jigsaw({ permutations: 12 }))).not.toBe(digest(jigsaw({ permutations: 13 })));
  });

  it('refuses grids and pictures that make no puzzle', () => {
    expect(() => jigsaw({ grid: 1 })).toThrow('at least 2 tiles on a side, got 1');
    expect(() => jigsaw({ gray: 2 })).toThrow('between 0 and 1, got 2');
    expect(() => jigsaw({ grid: 3 }).inputSize(set(4))).toThrow(
      'a square of 4 pixels is too small for 3 x 3 tiles',
    );
  });
});

describe('colorization', () => {
  it('answers gray pictures with the bin of gray, and their lightness is that of their gray', () => {
    const picture: Picture = {
      height: 4,
      width: 4,
      data: Uint8Array.from({ length: 48 }, (_, i) => 16 * Math.floor(i / 3)),
    };
    const { x, y } = colorization().prepare([picture], set(4), [Random.of(0)], 'test');
    expect([...y].every((bin) => bin === 120)).toBe(true);
    expect([...x]).toEqual([...x].sort((a, b) => a - b));
    // The mean over the channels is 0.4, their mean deviation 0.3; black has lightness 0.
    expect(x[0]).toBeCloseTo(-0.4 / 0.3, 6);
  });
});

describe('segmentation', () => {
  it('moves labels with their pictures', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('cifar', 'cityscapes', 'imagenet'), (seed, preparation) => {
        // The picture shows its labels: 0, 100 and 200.
        const picture = noise(Random.of(seed), 9, 14);
        const shows = {
          ...picture,
          data: Uint8Array.from({ length: 9 * 14 * 3 }, (_, i) => 100 * picture.labelMap[Math.floor(i / 3)]!),
        };
        const task = segmentation({ classes: 3, crop: 6, resize: 9 });
        const source = {
          ...set(null, preparation as Preparation),
          mean: [0, 0, 0],
          deviation: [1, 1, 1],
        } as const;
        const { x, y } = task.prepare([shows], source, [Random.of(seed, 1)], 'test');
        for (const [at, label] of y.entries()) {
          expect(label).toBe(Math.round((255 * x[3 * at]!) / 100));
        }
      }),
    );
  });

  it('labels the border with what does not count', () => {
    const picture = noise(Random.of(2), 8);
    const seen = Array.from({ length: 20 }, (_, i) =>
      segmentation({ classes: 3 }).prepare([picture], set(8), [Random.of(i)], 'train'),
    );
    expect(seen.some(({ y }) => y.includes(255))).toBe(true);
    for (const { x, y } of seen) {
      for (const [at, label] of y.entries()) {
        expect(label === 255).toBe([0, 1, 2].every((channel) => x[3 * at + channel] === 0));
      }
    }
  });

  it('refuses labels beyond the classes', () => {
    const picture = { ...noise(Random.of(2), 8), labelMap: new Uint8Array(64).fill(7) };
    expect(() => segmentation({ classes: 7 }).prepare([picture], set(8), [Random.of(0)], 'test')).toThrow(
      'a pixel has the label 7, expected 0 to 6 (7 classes) or 255',
    );
  });
});

describe('classification', () => {
  it('refuses labels beyond the classes, and fewer than two classes', () => {
    const pictures = [{ ...noise(Random.of(0), 4), label: 2 }];
    expect(() => classification({ classes: 2 }).prepare(pictures, set(4), [Random.of(0)], 'train')).toThrow(
      'a picture has the label 2, expected 0 to 1 (2 classes)',
    );
    for (const classes of [1, 0, 2.5, Number.NaN]) {
      expect(() => classification({ classes })).toThrow('at least 2 classes');
    }
  });
});

describe('the release option', () => {
  it('mirrors photographs once more and swaps the constants, but not those of small squares', () => {
    const picture = noise(Random.of(3), 10, 12);
    const seen = (release: boolean, preparation: Preparation) =>
      rotation({ crop: 6, resize: 6, release }).prepare(
        [picture],
        set(null, preparation),
        [Random.of(1)],
        'test',
      ).x;
    expect(seen(true, 'cifar')).toEqual(seen(false, 'cifar'));
    const [meant, done] = [seen(false, 'imagenet'), seen(true, 'imagenet')];
    const { mean, deviation } = constants;
    for (let row = 0; row < 6; row++) {
      for (let column = 0; column < 6; column++) {
        for (const c of [0, 1, 2] as const) {
          const value = meant[(row * 6 + column) * 3 + c]! * deviation[c] + mean[c];
          const expected = (value - mean[2 - c]!) / deviation[2 - c]!;
          expect(done[(row * 6 + 5 - column) * 3 + c]).toBeCloseTo(expected, 4);
        }
      }
    }
  });
});

describe('loss and accuracy', () => {
  it.each([rotation(), classification({ classes: 4 })])(
    '$name: mean cross-entropy and rows right',
    (task) => {
      expect([task.classes, task.metric.chance]).toEqual([4, 0.25]);
      const logits = tf.tensor2d([
        [1, 0, 0, 0],
        [0, 0, 3, 0],
        [0, 0, 2, 2],
        [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
      ]);
      const y = tf.tensor1d([0, 2, 3, 0], 'int32');
      // Of equal values the first one is the guess; a row of NaN is right for no class.
      expect(task.metric.tally(logits, y)).toEqual([2, 4]);
      const rows = logits.slice(0, 2);
      const expected = (Math.log(Math.E + 3) - 1 + (Math.log(Math.exp(3) + 3) - 3)) / 2;
      expect(task.loss(rows, y.slice(0, 2)).dataSync()[0]).toBeCloseTo(expected, 6);
    },
  );
});
