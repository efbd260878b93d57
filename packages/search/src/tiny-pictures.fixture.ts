import type { Images, LabeledImages, LabeledPicture, Picture } from '@unnas/images';
import { Random } from '@unnas/random';

/** Pictures for tests: bright above and dark below with some noise, so that turns can be told apart. */
export function tinyPictures({ count = 24, size = 8, seed = 5 } = {}): Images {
  const pictures = Array.from({ length: count }, (_, index): Picture => {
    const random = Random.of(seed, 'picture', index);
    const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => {
      const row = Math.floor(i / (3 * size));
      return (200 * (size - 1 - row)) / size + random.integer(55);
    });
    return { height: size, width: size, data };
  });
  return {
    name: 'tiny',
    length: count,
    size,
    skipped: [],
    mean: [0.45, 0.45, 0.45],
    deviation: [0.25, 0.25, 0.25],
    load: async (indices) => Array.from(indices, (index) => pictures[index]!),
  };
}

/** The same with labels 0, 1, 2, 0, ... */
export function tinyLabeledPictures({
  classes = 3,
  ...options
}: Parameters<typeof tinyPictures>[0] & { classes?: number } = {}): LabeledImages {
  const images = tinyPictures(options);
  const labels = Int32Array.from({ length: images.length }, (_, i) => i % classes);
  const { name, length, size, skipped, mean, deviation } = images;
  return {
    name,
    length,
    size,
    skipped,
    mean,
    deviation,
    labels,
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    images,
    load: async (indices) => {
      const pictures = await images.load(indices);
      return pictures.map((picture, i): LabeledPicture => ({ ...picture, label: labels[indices[i]!]! }));
    },
  };
}
