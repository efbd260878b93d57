import type { Picture } from '@unnas/images';

/**
 * How a square picture of `size` x `size` pixels is made of a picture of any size: a region of it is resized to scaledHeight x
 * scaledWidth (bilinear), of that a window of size x size is taken, and mirrored left to right if `flip`. The window may
 * reach beyond what was resized; what lies outside is border, which is 0 after normalisation.
 */
export interface View {
  /** The region of the picture, in whole pixels. */
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  /** What the region is resized to. */
  readonly scaledHeight: number;
  readonly scaledWidth: number;
  /** Upper left corner of the window in the resized region; negative where the window begins in the border. */
  readonly cropTop: number;
  readonly cropLeft: number;
  readonly flip: boolean;
}

/** The whole of a picture, resized to a height and a width (its own by default), seen from its upper left corner. */
export function wholeView(
  { height, width }: Pick<Picture, 'height' | 'width'>,
  { scaledHeight = height, scaledWidth = width } = {},
): View {
  return {
    top: 0,
    left: 0,
    height,
    width,
    scaledHeight,
    scaledWidth,
    cropTop: 0,
    cropLeft: 0,
    flip: false,
  };
}

const PLACES = ['top', 'left', 'cropTop', 'cropLeft'] as const;
const SIDES = ['height', 'width', 'scaledHeight', 'scaledWidth'] as const;

/**
 * Checks what a transform is called with, so that no kernel reads beyond a picture.
 *
 * @param channels values a pixel: 3 in a picture, 1 in a map of labels
 * @throws RangeError
 */
export function checkViews(
  pictures: readonly Picture[],
  views: readonly View[],
  size: number,
  channels = 3,
): void {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`the side of a view is a whole number of pixels, at least 1, got ${size}`);
  }
  if (pictures.length !== views.length) {
    throw new RangeError(`${pictures.length} pictures need as many views, got ${views.length}`);
  }
  for (const [i, view] of views.entries()) {
    const { height, width, data } = pictures[i]!;
    if (data.length !== height * width * channels) {
      throw new RangeError(
        `a picture of ${width}x${height} takes ${height * width * channels} bytes, got ${data.length}`,
      );
    }
    const whole =
      PLACES.every((name) => Number.isInteger(view[name])) &&
      SIDES.every((name) => Number.isInteger(view[name]) && view[name] >= 1);
    const inside =
      view.top >= 0 && view.left >= 0 && view.top + view.height <= height && view.left + view.width <= width;
    if (!whole || !inside) {
      throw new RangeError(
        `a view takes a region of whole pixels inside its picture of ${width}x${height}, got ${JSON.stringify(view)}`,
      );
    }
  }
}
