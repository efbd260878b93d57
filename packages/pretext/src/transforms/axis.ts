import type { View } from './view.ts';

/**
 * Where the pixels of one axis of a window come from. Pixel i shows the picture where begin <= i < end, and border elsewhere; it
 * is source pixel `low[i]` times 1 - `fraction[i]` and source pixel `high[i]` times `fraction[i]`.
 */
export interface Axis {
  readonly begin: number;
  readonly end: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** From 0 up to 1. */
  readonly fraction: Float32Array;
}

export interface AxisOptions {
  /** The part of the picture: its first pixel and how many they are. */
  readonly from: number;
  readonly length: number;
  /** How many it is resized to. */
  readonly scaled: number;
  /** Where the window begins in the resized part, and how long it is. */
  readonly crop: number;
  readonly size: number;
  readonly mirrored: boolean;
}

/**
 * Bilinear sampling with half-pixel centres and without anti-aliasing: resized pixel j shows the place (j + 1/2) length / scaled -
 * 1/2 of the part, and what lies before its first or behind its last pixel is like that pixel. The place is rounded to
 * float32, as in OpenCV's resize: so a value that is cut to 8 bits afterwards is cut alike.
 */
export function bilinearAxis({ from, length, scaled, crop, size, mirrored }: AxisOptions): Axis {
  const low = new Int32Array(size);
  const high = new Int32Array(size);
  const fraction = new Float32Array(size);
  const scale = 1 / (scaled / length);
  const { begin, end } = visible({ scaled, crop, size, mirrored });
  for (let i = begin; i < end; i++) {
    const j = crop + (mirrored ? size - 1 - i : i);
    const place = Math.fround((j + 0.5) * scale - 0.5);
    const before = Math.floor(place);
    low[i] = from + Math.max(before, 0);
    high[i] = from + Math.min(before + 1, length - 1);
    fraction[i] = place - before;
  }
  return { begin, end, low, high, fraction };
}

/**
 * Sampling of labels, which have no values between them: resized pixel j shows pixel floor(j length / scaled) of the part, as
 * OpenCV's nearest neighbour. The source of pixel i is `low[i]`.
 */
export function nearestAxis({
  from,
  length,
  scaled,
  crop,
  size,
  mirrored,
}: AxisOptions): Pick<Axis, 'begin' | 'end' | 'low'> {
  const low = new Int32Array(size);
  const scale = 1 / (scaled / length);
  const { begin, end } = visible({ scaled, crop, size, mirrored });
  for (let i = begin; i < end; i++) {
    const j = crop + (mirrored ? size - 1 - i : i);
    low[i] = from + Math.min(Math.floor(j * scale), length - 1);
  }
  return { begin, end, low };
}

/** The rows and the columns of what a view shows, sampled by one of the functions above. Only columns are mirrored. */
export function axesOf<A>(
  view: View,
  size: number,
  sampled: (options: AxisOptions) => A,
): { rows: A; columns: A } {
  const { top, left, height, width, scaledHeight, scaledWidth, cropTop, cropLeft, flip } = view;
  return {
    rows: sampled({ from: top, length: height, scaled: scaledHeight, crop: cropTop, size, mirrored: false }),
    columns: sampled({
      from: left,
      length: width,
      scaled: scaledWidth,
      crop: cropLeft,
      size,
      mirrored: flip,
    }),
  };
}

/** The pixels of a window that lie on what was resized. */
function visible({
  scaled,
  crop,
  size,
  mirrored,
}: Pick<AxisOptions, 'scaled' | 'crop' | 'size' | 'mirrored'>): { begin: number; end: number } {
  const begin = Math.min(size, Math.max(0, -crop));
  const end = Math.max(begin, Math.min(size, scaled - crop));
  return mirrored ? { begin: size - end, end: size - begin } : { begin, end };
}
