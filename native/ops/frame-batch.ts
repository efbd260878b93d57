import { run } from '../addon.ts';
import { hostKernel } from '../override.ts';
import {
  type NormaliseAttrs,
  packedLighting,
  packedViews,
  type ViewsAttrs,
  withPictures,
} from './picture-views.ts';

/** Writes x [n * turns, size, size, 3]. */
interface Attrs extends ViewsAttrs, NormaliseAttrs {
  readonly turns: 1 | 4;
  readonly x: Float32Array;
}

const frameBatch = hostKernel<Attrs>('UnnasFrameBatch', (attrs) => {
  const { size, turns, mean, deviation, x } = attrs;
  run('frame_batch', withPictures([packedViews(attrs), packedLighting(attrs)], attrs), [x], {
    size,
    turns,
    mean,
    deviation,
  });
});

export const kernels = [frameBatch];
