import type { Picture } from '@unnas/images';
import { abBin, colorization, jigsaw, labOf, rotation, segmentation } from '@unnas/pretext';
import { Random } from '@unnas/random';
import { expect, test } from 'vitest';
import { binPicture, labelPicture, lightnessPicture, plainPicture, tilePicture } from './seen-pictures.ts';

const SIZE = 12;
const set = { preparation: 'cifar', size: SIZE, mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.25, 0.3] } as const;
const random = Random.of(1, 'seen');
const picture = {
  height: SIZE,
  width: SIZE,
  data: Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.integer(256)),
  labelMap: Uint8Array.from({ length: SIZE * SIZE }, (_, i) => (i % 5 === 4 ? 255 : i % 5)),
};

const pixel = ({ data }: Picture, at: number) => [...data.subarray(3 * at, 3 * at + 3)] as const;

test('what a network sees of a picture that is not augmented is the picture', () => {
  const { x } = rotation().prepare([picture], set, [random], 'test');
  expect(plainPicture(x.subarray(0, SIZE * SIZE * 3), SIZE, set)).toEqual({
    height: SIZE,
    width: SIZE,
    data: picture.data,
  });
});

test('the colours of bins have those bins and the lightness of the picture, where sRGB has such a colour', () => {
  const { x, y } = colorization().prepare([picture], set, [random], 'test');
  const shown = binPicture(x, y, SIZE, set);
  const gray = lightnessPicture(x, SIZE, set);
  let same = 0;
  for (let at = 0; at < SIZE * SIZE; at++) {
    const [, a, b] = labOf(...(pixel(shown, at) as [number, number, number]));
    const [lightness] = labOf(...(pixel(picture, at) as [number, number, number]));
    if (abBin(a, b) === y[at]) same++;
    const [r, g, bl] = pixel(gray, at);
    expect([g, bl]).toEqual([r, r]);
    expect(labOf(r!, g!, bl!)[0]).toBeCloseTo(lightness, 0);
  }
  // Random colours lie at the rim of sRGB more often than photographs do.
  expect(same / (SIZE * SIZE)).toBeGreaterThan(0.8);
});

test('a tile is shown around middle gray', () => {
  const { x, xShape } = jigsaw().prepare([picture], set, [random], 'test');
  const side = xShape[2]!;
  const { data } = tilePicture(x.subarray(0, side * side * 3), side);
  expect(data.reduce((sum, value) => sum + value, 0) / data.length / 255).toBeCloseTo(0.5, 1);
});

test('labels are shown in the colours of their classes, and black where they do not count', () => {
  const { y } = segmentation({ classes: 4 }).prepare([picture], set, [random], 'test');
  const shown = labelPicture(y, SIZE, ['#010203', '#0a0b0c', '#ff0000', '#00ff80']);
  expect(Array.from({ length: 5 }, (_, at) => pixel(shown, at))).toEqual([
    [1, 2, 3],
    [10, 11, 12],
    [255, 0, 0],
    [0, 255, 128],
    [0, 0, 0],
  ]);
});
