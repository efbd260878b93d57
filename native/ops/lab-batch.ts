import { run } from '../addon.ts';
import { hostKernel } from '../override.ts';
import { packedViews, type ViewsAttrs, withPictures } from './picture-views.ts';

/** Writes x [n, size, size, 1], the lightness, and y [n, size, size], the bins. */
interface Attrs extends ViewsAttrs {
  /** Of the lightness on a scale from 0 to 1. */
  readonly mean: number;
  readonly deviation: number;
  readonly x: Float32Array;
  readonly y: Int32Array;
}

const labBatch = hostKernel<Attrs>('UnnasLabBatch', (attrs) => {
  const { size, mean, deviation, x, y } = attrs;
  run('lab_batch', withPictures([packedViews(attrs)], attrs), [x, y], { size, mean, deviation });
});

export const kernels = [labBatch];
