import type { KernelArray } from '../addon.ts';

/** An 8-bit picture [height, width, 3], or a map of labels [height, width]. */
interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** The view of a picture, as `View` of `@unnas/pretext` describes it, which also checks it. */
export interface View {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly scaledHeight: number;
  readonly scaledWidth: number;
  readonly cropTop: number;
  readonly cropLeft: number;
  readonly flip: boolean;
}

/** Attributes of every kernel that reads pictures through views. */
export interface ViewsAttrs {
  readonly pictures: readonly Picture[];
  readonly views: readonly View[];
  readonly size: number;
}

const NUMBERS = 11;

/** Sizes of the pictures and their views as numbers, in the order of the struct `View` in picture-window.h. */
export function packedViews({ pictures, views }: Pick<ViewsAttrs, 'pictures' | 'views'>): Int32Array {
  const packed = new Int32Array(views.length * NUMBERS);
  for (const [i, view] of views.entries()) {
    const { height, width } = pictures[i]!;
    const { top, left, scaledHeight, scaledWidth, cropTop, cropLeft, flip } = view;
    packed.set(
      [
        height,
        width,
        top,
        left,
        view.height,
        view.width,
        scaledHeight,
        scaledWidth,
        cropTop,
        cropLeft,
        Number(flip),
      ],
      i * NUMBERS,
    );
  }
  return packed;
}

/** What a kernel reads: its own inputs, and then the values of the pictures. */
export const withPictures = (
  own: readonly KernelArray[],
  { pictures }: Pick<ViewsAttrs, 'pictures'>,
): KernelArray[] => [...own, ...pictures.map(({ data }) => data)];

/** How values from 0 to 255 are normalised. */
export interface NormaliseAttrs {
  /** [n, 3], or null for none. */
  readonly lighting: Float32Array | null;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Lighting as an input of a kernel. */
export const packedLighting = ({ lighting }: NormaliseAttrs): Float32Array => lighting ?? new Float32Array(0);
