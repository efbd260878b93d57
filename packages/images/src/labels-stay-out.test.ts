import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type {
  Images,
  ImagesOf,
  LabeledImages,
  LabeledPicture,
  Picture,
  SegmentedImages,
  SegmentedPicture,
  Source,
} from './picture.ts';
import { split, take } from './subset.ts';

// What the compiler must accept and refuse. It refuses an `@ts-expect-error` above a line that has no error.
declare const labeled: LabeledImages;
declare const segmented: SegmentedImages;
declare function searchWithoutLabels(images: Images): void;
declare function search<P extends Picture>(options: {
  images: ImagesOf<P>;
  learn: (pictures: P[]) => void;
}): void;

export function compileOnly() {
  searchWithoutLabels(labeled.images);
  searchWithoutLabels(take(labeled.images, 3));
  searchWithoutLabels(split(labeled.images, { seed: 0 })[0]);
  // @ts-expect-error labels do not get into a search without labels
  searchWithoutLabels(labeled);
  // @ts-expect-error nor do they by way of a part of the set
  searchWithoutLabels(take(labeled, 3));
  // @ts-expect-error or of a half
  searchWithoutLabels(split(labeled, { seed: 0 })[0]);

  const withLabels = (pictures: LabeledPicture[]) => pictures.map(({ label }) => label);
  const withoutLabels = (pictures: Picture[]) => pictures.map(({ data }) => data);
  search({ images: labeled, learn: withLabels });
  search({ images: labeled.images, learn: withoutLabels });
  // @ts-expect-error a task with labels needs a set with labels
  search({ images: labeled.images, learn: withLabels });
  // @ts-expect-error a task without labels gets none
  search({ images: labeled, learn: withoutLabels });

  searchWithoutLabels(segmented.images);
  // @ts-expect-error nor do label maps
  searchWithoutLabels(segmented);
  // @ts-expect-error nor by way of a part of the set
  searchWithoutLabels(take(segmented, [0]));

  const withMaps = (pictures: SegmentedPicture[]) => pictures.map(({ labelMap }) => labelMap);
  search({ images: segmented, learn: withMaps });
  search({ images: split(segmented, { seed: 0 })[1].images, learn: withoutLabels });
  // @ts-expect-error a task with label maps needs a set that has them
  search({ images: labeled, learn: withMaps });
  // @ts-expect-error a task with labels gets no label maps in their place
  search({ images: segmented, learn: withLabels });

  const pictures: Source<Picture> = labeled.images;
  // @ts-expect-error a picture has no label
  return async () => (await pictures.load([0])).map(({ label }) => label);
}

describe('labels', () => {
  it('do not get into a search without labels: the compiler agrees with every line above', () => {
    const root = new URL('../../../', import.meta.url);
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        fileURLToPath(new URL('node_modules/typescript/bin/tsc', root)),
        '-p',
        fileURLToPath(new URL('../tsconfig.test.json', import.meta.url)),
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});
