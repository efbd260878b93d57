import * as tf from '@tensorflow/tfjs';
import { drawCropFlip, type LabeledPicture, type Picture, type Statistics } from '@unnas/images';
import { Random } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classification } from './classification.ts';
import { rotation, rotationBatch } from './rotation.ts';
import { topOne } from './top-one.ts';

const statistics: Statistics = { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.3, 0.4] };

function noise(random: Random, height: number, width = height): Picture {
  return { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => random.integer(256)) };
}

/** One quarter turn counter-clockwise, as np.rot90: turned[r][c] = picture[c][size - 1 - r]. */
function turned(values: Float32Array, size: number): Float32Array {
  return values.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [r, c] = [Math.floor(pixel / size), pixel % size];
    return values[(c * size + size - 1 - r) * 3 + channel]!;
  });
}

describe('rotation', () => {
  it('shows each picture four times in a row, each time one quarter further', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), fc.nat(4), (seed, size, count) => {
        const random = Random.of(seed);
        const pictures = Array.from({ length: count }, () => noise(random, size));
        const draws = pictures.map(() => drawCropFlip(random));
        const { x, xShape, y, yShape } = rotationBatch(pictures, statistics, draws);
        expect(xShape).toEqual(count === 0 ? [0, 0, 0, 3] : [4 * count, size, size, 3]);
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

  it('prepares a picture from its own stream alone, whatever else is in the batch', () => {
    const task = rotation();
    const random = Random.of(4);
    const pictures = [noise(random, 8), noise(random, 8), noise(random, 8)];
    const streams = () => [0, 1, 2].map((index) => Random.of(9, 'augment', index));
    const all = task.prepare(pictures, statistics, streams(), 'train');
    const values = 4 * 8 * 8 * 3;
    for (const [i, picture] of pictures.entries()) {
      const alone = task.prepare([picture], statistics, [streams()[i]!], 'train');
      expect(all.x.subarray(i * values, (i + 1) * values)).toEqual(alone.x);
    }
  });

  it('shows pictures as they are in a test, and augmented in training', () => {
    const task = rotation();
    const picture = noise(Random.of(1), 8);
    const prepare = (seed: number, mode: 'train' | 'test') =>
      task.prepare([picture], statistics, [Random.of(seed)], mode).x;
    expect(prepare(1, 'test')).toEqual(prepare(2, 'test'));
    expect(prepare(1, 'train')).toEqual(prepare(1, 'train'));
    expect(prepare(1, 'train')).not.toEqual(prepare(2, 'train'));
    const first = prepare(1, 'test').subarray(0, 3);
    for (const c of [0, 1, 2] as const) {
      expect(first[c]).toBe(
        Math.fround((picture.data[c]! / 255 - statistics.mean[c]) / statistics.deviation[c]),
      );
    }
  });

  it('refuses pictures that are not square, or not of one size', () => {
    const random = Random.of(0);
    const draws = [drawCropFlip(random), drawCropFlip(random)];
    expect(() => rotationBatch([noise(random, 4, 6)], statistics, draws)).toThrow('square pictures, got 6x4');
    expect(() => rotationBatch([noise(random, 4), noise(random, 5)], statistics, draws)).toThrow(
      'one size, got 4x4 and 5x5',
    );
  });
});

describe('classification', () => {
  const pictures: LabeledPicture[] = [0, 2, 1].map((label) => ({ ...noise(Random.of(label), 4, 6), label }));
  const streams = () => pictures.map((_, i) => Random.of(i));

  it('shows each picture once, with its label', () => {
    const batch = classification({ classes: 3 }).prepare(pictures, statistics, streams(), 'train');
    expect(batch.xShape).toEqual([3, 4, 6, 3]);
    expect([...batch.y]).toEqual([0, 2, 1]);
  });

  it('refuses labels beyond the classes, and fewer than two classes', () => {
    expect(() => classification({ classes: 2 }).prepare(pictures, statistics, streams(), 'train')).toThrow(
      'a picture has the label 2, expected 0 to 1 (2 classes)',
    );
    for (const classes of [1, 0, 2.5, Number.NaN]) {
      expect(() => classification({ classes })).toThrow('at least 2 classes');
    }
  });
});

describe('loss and accuracy of both tasks', () => {
  it.each([rotation(), classification({ classes: 4 })])(
    '$name: mean cross-entropy and rows right',
    (task) => {
      expect([task.classes, task.chance]).toEqual([4, 0.25]);
      const logits = tf.tensor2d([
        [1, 0, 0, 0],
        [0, 0, 3, 0],
        [0, 0, 2, 2],
        [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
      ]);
      const y = tf.tensor1d([0, 2, 3, 0], 'int32');
      // Of equal values the first one is the guess; a row of NaN is right for no class.
      expect(task.correct(logits, y)).toBe(2);
      const rows = logits.slice(0, 2);
      const expected = (Math.log(Math.E + 3) - 1 + (Math.log(Math.exp(3) + 3) - 3)) / 2;
      expect(task.loss(rows, y.slice(0, 2)).dataSync()[0]).toBeCloseTo(expected, 6);
    },
  );

  it('counts nothing in an empty batch', () => {
    expect(topOne(tf.zeros([0, 4]), tf.tensor1d([], 'int32'))).toBe(0);
  });
});
