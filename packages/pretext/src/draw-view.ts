import type { Picture } from '@unnas/images';
import { inputError, type Random } from '@unnas/random';
import { type View, wholeView } from './transforms/view.ts';

/** What random draws are taken from. */
export type Draws = Pick<Random, 'uniform' | 'between' | 'integer' | 'normal'>;

/** Border added on each side before a `pad-crop`. */
export const PADDING = 4;

/**
 * How pictures become squares of `size` pixels. In a test, and first of all in training where it says so, the shorter side is
 * scaled to `resize` (null leaves pictures as they are), and the centre is cut out. In training, besides mirroring half of the
 * pictures,
 *
 * - `pad-crop` scales, adds a border of 4 pixels all around, and cuts out anywhere;
 * - `crop` scales, and cuts out anywhere;
 * - `sized-crop` cuts out 8 to 100 % of the picture's area, of a shape between 3:4 and 4:3, and resizes that;
 * - `scale-crop` scales to 2^U(-1, 1) times `resize` pixels, and cuts out anywhere.
 */
export interface Framing {
  readonly train: 'pad-crop' | 'crop' | 'sized-crop' | 'scale-crop';
  readonly size: number;
  readonly resize: number | null;
}

type Size = Pick<Picture, 'height' | 'width'>;

/** The view of a test: scaled, and cut out of the middle. Throws an input error for a picture that is too small. */
export function centreView(picture: Size, { size, resize }: Pick<Framing, 'size' | 'resize'>): View {
  const view = scaledView(picture, resize);
  checkRoom(view, size);
  return {
    ...view,
    cropTop: Math.ceil((view.scaledHeight - size) / 2),
    cropLeft: Math.ceil((view.scaledWidth - size) / 2),
  };
}

/**
 * The view of a step of training. `release` draws as the authors' release does, whose crops never begin at the last possible
 * offset; else all offsets are alike often.
 */
export function drawView(picture: Size, framing: Framing, random: Draws, release = false): View {
  const { size, resize } = framing;
  switch (framing.train) {
    case 'pad-crop': {
      const flip = drawFlip(random);
      const view = scaledView(picture, resize);
      const { cropTop, cropLeft } = drawCrop(view, size, random, { padding: PADDING, release });
      // Mirrored first, and cut out then: of the picture as it was, the window lies on the other side.
      return { ...view, cropTop, cropLeft: flip ? view.scaledWidth - size - cropLeft : cropLeft, flip };
    }
    case 'crop': {
      const view = scaledView(picture, resize);
      return { ...view, ...drawCrop(view, size, random, { release }), flip: drawFlip(random) };
    }
    case 'scale-crop': {
      const scale = 2 ** (2 * random.uniform() - 1);
      const shorter = resize ?? Math.min(picture.height, picture.width);
      const view = scaledView(picture, Math.floor(Math.max(size, shorter * scale)));
      return { ...view, ...drawCrop(view, size, random, { release }), flip: drawFlip(random) };
    }
    case 'sized-crop': {
      const region = drawRegion(picture, random, release);
      const view =
        region === undefined
          ? centreView(picture, { size, resize: size })
          : { ...wholeView(picture), ...region, scaledHeight: size, scaledWidth: size };
      return { ...view, flip: drawFlip(random) };
    }
  }
}

function drawFlip(random: Draws): boolean {
  return random.uniform() < 0.5;
}

/** A picture whose shorter side becomes `shorter` pixels; null leaves it as it is. */
export function scaledView(picture: Size, shorter: number | null): View {
  const { height, width } = picture;
  if (shorter === null) return wholeView(picture);
  const [scaledHeight, scaledWidth] =
    height < width
      ? [shorter, Math.floor((width / height) * shorter)]
      : [Math.floor((height / width) * shorter), shorter];
  return wholeView(picture, { scaledHeight, scaledWidth });
}

/** A window anywhere in a scaled picture with a border of `padding` pixels; an offset is drawn only where there is a choice. */
export function drawCrop(
  view: View,
  size: number,
  random: Draws,
  { padding = 0, release = false } = {},
): Pick<View, 'cropTop' | 'cropLeft'> {
  checkRoom(view, size, padding);
  const offset = (side: number) => {
    const room = side + 2 * padding - size;
    return (room > 0 ? random.integer(release ? room : room + 1) : 0) - padding;
  };
  return { cropTop: offset(view.scaledHeight), cropLeft: offset(view.scaledWidth) };
}

/** A region of 8 to 100 % of the area, of a shape between 3:4 and 4:3; undefined if ten tries found none that fits. */
export function drawRegion(
  { height, width }: Size,
  random: Draws,
  release = false,
): Pick<View, 'top' | 'left' | 'height' | 'width'> | undefined {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = random.between(0.08, 1) * height * width;
    const ratio = random.between(3 / 4, 4 / 3);
    const longer = Math.round(Math.sqrt(area * ratio));
    const other = Math.round(Math.sqrt(area / ratio));
    const [h, w] = random.uniform() < 0.5 ? [longer, other] : [other, longer];
    if (h < 1 || w < 1 || h > height || w > width) continue;
    const offset = (room: number) => (room > 0 ? random.integer(release ? room : room + 1) : 0);
    return { top: offset(height - h), left: offset(width - w), height: h, width: w };
  }
  return undefined;
}

function checkRoom({ height, width, scaledHeight, scaledWidth }: View, size: number, padding = 0): void {
  if (Math.min(scaledHeight, scaledWidth) + 2 * padding >= size) return;
  throw inputError(
    `a square of ${size} pixels is to be cut out of a picture of ${width}x${height}, which is smaller; resize it to at least ${size} first`,
  );
}
