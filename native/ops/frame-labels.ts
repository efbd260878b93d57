import { run } from '../addon.ts';
import { hostKernel } from '../override.ts';
import { packedViews, type ViewsAttrs, withPictures } from './picture-views.ts';

/** Writes y [n, size, size]. */
interface Attrs extends Omit<ViewsAttrs, 'pictures'> {
  readonly labelMaps: ViewsAttrs['pictures'];
  readonly y: Int32Array;
}

const frameLabels = hostKernel<Attrs>('UnnasFrameLabels', ({ labelMaps: pictures, views, size, y }) => {
  run('frame_labels', withPictures([packedViews({ pictures, views })], { pictures }), [y], { size });
});

export const kernels = [frameLabels];
