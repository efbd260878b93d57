import type { Picture, Statistics } from '@unnas/images';
import { AB_CENTRES, rgbOfLab } from '@unnas/pretext';

// What a network sees, turned back into pictures that a person can see.

/** A normalised square [side, side, 3] in the colours that it had; border becomes the mean colour. */
export function plainPicture(values: Float32Array, side: number, { mean, deviation }: Statistics): Picture {
  return drawn(
    side,
    (pixel, channel) => 255 * (values[3 * pixel + channel]! * deviation[channel]! + mean[channel]!),
  );
}

/** A standardised tile [side, side, 3]: its mean is middle gray, and two deviations around it are shown. */
export function tilePicture(values: Float32Array, side: number): Picture {
  return drawn(side, (pixel, channel) => 255 * (0.5 + values[3 * pixel + channel]! / 4));
}

/** The lightness of a normalised square [side, side, 1], as grays. */
export function lightnessPicture(values: Float32Array, side: number, statistics: Statistics): Picture {
  return coloured(values, side, statistics, () => [0, 0]);
}

/** The colours that the bins `y` [side, side] give to a lightness: as near to the picture as an answer can come. */
export function binPicture(
  values: Float32Array,
  y: Int32Array,
  side: number,
  statistics: Statistics,
): Picture {
  return coloured(values, side, statistics, (pixel) => AB_CENTRES[y[pixel]!]!);
}

/** A map of labels in the colours of its classes; what does not count is black. */
export function labelPicture(y: Int32Array, side: number, colours: readonly string[]): Picture {
  return drawn(side, (pixel, channel) => {
    const colour = colours[y[pixel]!];
    return colour === undefined ? 0 : Number.parseInt(colour.slice(1 + 2 * channel, 3 + 2 * channel), 16);
  });
}

function coloured(
  values: Float32Array,
  side: number,
  { mean, deviation }: Statistics,
  ab: (pixel: number) => readonly [number, number],
): Picture {
  const average = ([red, green, blue]: Statistics['mean']) => (red + green + blue) / 3;
  const data = new Uint8Array(side * side * 3);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const lightness = 100 * (values[pixel]! * average(deviation) + average(mean));
    data.set(rgbOfLab(Math.min(100, Math.max(0, lightness)), ...ab(pixel)), 3 * pixel);
  }
  return { height: side, width: side, data };
}

function drawn(side: number, value: (pixel: number, channel: number) => number): Picture {
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) =>
    Math.min(255, Math.max(0, Math.round(value(Math.floor(i / 3), i % 3)))),
  );
  return { height: side, width: side, data };
}
