import { IGNORED } from '@unnas/images';
import { axesOf, nearestAxis } from './axis.ts';
import { runHostKernel } from './host-kernel.ts';
import { checkViews, type View } from './view.ts';

/** A class for every pixel of a picture: train ids, 255 where none is to be learnt. */
export interface LabelMap {
  readonly height: number;
  readonly width: number;
  /** `height * width` values. */
  readonly data: Uint8Array;
}

export interface FrameLabelsOptions {
  readonly labelMaps: readonly LabelMap[];
  /** One for each map: those of the pictures. */
  readonly views: readonly View[];
  readonly size: number;
}

/** What the kernel `UnnasFrameLabels` is called with. */
export interface FrameLabelsAttrs extends FrameLabelsOptions {
  /** Written: [n, size, size]. */
  readonly y: Int32Array;
}

/** The labels [n, size, size] of what `frameBatch` shows: nearest neighbours where it is resized, 255 in the border. */
export function frameLabels(options: FrameLabelsOptions): Int32Array {
  const { labelMaps, views, size } = options;
  checkViews(labelMaps, views, size, 1);
  const y = new Int32Array(labelMaps.length * size * size);
  runHostKernel<FrameLabelsAttrs>('UnnasFrameLabels', { ...options, y }, frameLabelsReference);
  return y;
}

/** The meaning of the kernel. */
export function frameLabelsReference({ labelMaps, views, size, y }: FrameLabelsAttrs): void {
  y.fill(IGNORED);
  for (const [i, { width, data }] of labelMaps.entries()) {
    const { rows, columns } = axesOf(views[i]!, size, nearestAxis);
    for (let row = rows.begin; row < rows.end; row++) {
      const from = rows.low[row]! * width;
      const to = (i * size + row) * size;
      for (let column = columns.begin; column < columns.end; column++) {
        y[to + column] = data[from + columns.low[column]!]!;
      }
    }
  }
}
