import { inputError } from '@unnas/random';
import type { Images, LabeledImages, Picture } from './picture.ts';
import { replacingBroken } from './replacement.ts';

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
  const about = {
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
  };
  const withLabel = (picture: Picture, index: number) => ({ ...picture, label: labels[index]! });
  const { tryLoad } = images;
  if (tryLoad !== undefined) {
    // A picture that stands in for a broken one comes with its own label.
    const tryLabeled = async (indices: ArrayLike<number>) => {
      const pictures = await tryLoad(indices);
      return pictures.map((picture, i) => picture && withLabel(picture, indices[i]!));
    };
    return { ...about, ...replacingBroken(about, tryLabeled) };
  }
  return {
    ...about,
    async load(indices) {
      const pictures = await images.load(indices);
      return pictures.map((picture, i) => withLabel(picture, indices[i]!));
    },
  };
}
