import { inputError } from '@unnas/random';
import type { Images, SegmentedImages, SegmentedPicture } from './picture.ts';

/** Class of a pixel that does not count. */
export const IGNORED = 255;

/**
 * Joins pictures with their label maps: `load` gives the pictures at `indices` with theirs. Throws an input error when a map
 * has another size than its picture, or a class that is neither a position in `classes` nor `IGNORED`.
 */
export function segmented(
  images: Images,
  load: (indices: ArrayLike<number>) => Promise<SegmentedPicture[]>,
  classes: readonly string[],
): SegmentedImages {
  return {
    name: images.name,
    length: images.length,
    size: images.size,
    preparation: images.preparation,
    mean: images.mean,
    deviation: images.deviation,
    skipped: images.skipped,
    segments: true,
    classes,
    images,
    async load(indices) {
      const pictures = await load(indices);
      for (const [i, { height, width, labelMap }] of pictures.entries()) {
        if (labelMap.length !== height * width) {
          throw inputError(
            `${images.name}: picture ${indices[i]} has ${width}x${height} pixels, its label map has ${labelMap.length}`,
          );
        }
        const wrong = labelMap.findIndex((label) => label >= classes.length && label !== IGNORED);
        if (wrong >= 0) {
          throw inputError(
            `${images.name}: a pixel of picture ${indices[i]} has the class ${labelMap[wrong]}, expected 0 to ${classes.length - 1} or ${IGNORED}`,
          );
        }
      }
      return pictures;
    },
  };
}
