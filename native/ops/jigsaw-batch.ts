import { run } from '../addon.ts';
import { hostKernel } from '../override.ts';
import {
  type NormaliseAttrs,
  packedLighting,
  packedViews,
  type ViewsAttrs,
  withPictures,
} from './picture-views.ts';

/** Writes x [n, grid * grid, tile, tile, 3]. */
interface Attrs extends ViewsAttrs, NormaliseAttrs {
  /** [n]: 1 where the picture is made gray. */
  readonly gray: Uint8Array;
  readonly grid: number;
  readonly tile: number;
  /** [n, grid * grid, 2]: row and column of each tile inside its patch. */
  readonly offsets: Int32Array;
  /** [n, grid * grid]: the slot of each patch. */
  readonly permutations: Int32Array;
  readonly x: Float32Array;
}

const jigsawBatch = hostKernel<Attrs>('UnnasJigsawBatch', (attrs) => {
  const { size, grid, tile, gray, offsets, permutations, mean, deviation, x } = attrs;
  const own = [packedViews(attrs), packedLighting(attrs), gray, offsets, permutations];
  run('jigsaw_batch', withPictures(own, attrs), [x], { size, grid, tile, mean, deviation });
});

export const kernels = [jigsawBatch];
