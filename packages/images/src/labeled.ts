import { inputError } from '@unnas/random';
import type { Images, LabeledImages } from './picture.ts';

/** Joins pictures with their labels. Throws an input error when a label is not a position in `classes`. */
export function labeled(images: Images, labels: Int32Array, classes: readonly string[]): LabeledImages {
  if (labels.length !== images.length) {
    throw new RangeError(`${images.length} pictures need as many labels, got ${labels.length}`);
  }
  const wrong = labels.findIndex((label) => label < 0 || label >= classes.length);
  if (wrong >= 0) {
    throw inputError(
      `${images.name}: the label of picture ${wrong} is ${labels[wrong]}, expected 0 to ${classes.length - 1}`,
    );
  }
  return {
    name: images.name,
    length: images.length,
    size: images.size,
    preparation: images.preparation,
    mean: images.mean,
    deviation: images.deviation,
    skipped: images.skipped,
    labels,
    classes,
    images,
    async load(indices) {
      const pictures = await images.load(indices);
      return pictures.map((picture, i) => ({ ...picture, label: labels[indices[i]!]! }));
    },
  };
}
