import { createHash } from 'node:crypto';
import type { Picture } from '@unnas/images';
import { crossEntropy } from '@unnas/nn';
import { inputError } from '@unnas/random';
import { type Augmented, asReleased, lightingOf, viewOf } from './augmentation.ts';
import { checkedFraming, FRAMINGS, type FramingOptions, type Framings, framingOf } from './framing.ts';
import { accuracy } from './metric.ts';
import { checkedPermutations, type PermutationSet, permutationSet } from './permutation-set.ts';
import type { SetOfPictures, Task } from './task.ts';
import { jigsawBatch } from './transforms/jigsaw.ts';

/** Small squares are mirrored and not cut, and photographs are not cut to another scale. */
const framings: Framings = {
  cifar: { train: 'crop', crop: null, resize: null },
  imagenet: { train: 'crop', crop: 255, resize: 256 },
  cityscapes: FRAMINGS.cityscapes,
};

/** Side of a tile, of that of its patch. */
const TILE = 0.76;

export interface JigsawOptions extends FramingOptions {
  /** Patches on a side; 2 by default. */
  readonly grid?: number;
  /**
   * The permutations that are told apart: how many, or the permutations themselves, of which each gives the slot of each patch.
   * By default all 24 of a grid of 2, and 1000 of any other. 24, 1000 and 2000 of the grids of 2 and 3 are the sets of the
   * paper; any other number gives a set of `hammingPermutations`.
   */
  readonly permutations?: number | PermutationSet;
  /**
   * Share of the pictures that become gray in training, so that the fringes of colour that lenses leave at edges do not give the
   * places of tiles away; 0.3 by default.
   */
  readonly gray?: number;
}

/**
 * Predicts how the tiles of a picture were permuted (Noroozi and Favaro, ECCV 2016, section 3): the picture is cut into patches, of
 * each a tile is taken at a random place, so that the edges of tiles do not fit, and the tiles are permuted by one of a set
 * of permutations, whose number is the label. Each tile is standardised by itself. Needs no labels.
 *
 * Tiles and permutation are drawn in a test as well, so that its accuracy depends on the seed; each picture is drawn from its own
 * stream.
 */
export function jigsaw({
  grid = 2,
  permutations = grid === 2 ? 24 : 1000,
  gray = 0.3,
  ...options
}: JigsawOptions = {}): Task<Picture> {
  if (!Number.isSafeInteger(grid) || grid < 2) {
    throw inputError(`the grid of a jigsaw is a whole number of at least 2 tiles on a side, got ${grid}`);
  }
  if (!(gray >= 0 && gray <= 1)) {
    throw inputError(`the share of gray pictures lies between 0 and 1, got ${gray}`);
  }
  const set =
    typeof permutations === 'number'
      ? permutationSet({ grid, count: permutations })
      : checkedPermutations(permutations, grid);
  const given = checkedFraming(options);
  const patches = grid * grid;
  const squareAndTile = (source: SetOfPictures) => {
    const framing = framingOf(framings, source, given);
    const patch = Math.floor(framing.size / grid);
    const tile = Math.floor(TILE * patch);
    if (tile < 1) {
      throw inputError(
        `a square of ${framing.size} pixels is too small for ${grid} x ${grid} tiles; use a smaller grid or a larger crop`,
      );
    }
    return { framing, tile, offsets: patch - tile + 1 };
  };
  return {
    name: 'jigsaw',
    options: { grid, permutations: set.length, digest: digestOf(set), gray, ...given },
    labels: 'none',
    classes: set.length,
    channels: 3,
    views: patches,
    head: { kind: 'jigsaw', grid },
    metric: accuracy({ classes: set.length }),
    inputSize: (source) => squareAndTile(source).tile,
    prepare(pictures, source, streams, mode) {
      const { framing, tile, offsets } = squareAndTile(source);
      const draws = pictures.map((picture, i) => {
        const random = streams[i]!;
        return {
          view: viewOf(picture, framing, random, { mode, release: given.release }),
          gray: mode === 'train' && random.uniform() < gray,
          light: lightingOf(source.preparation, random, mode),
          label: random.integer(set.length),
          offsets: Array.from({ length: patches * 2 }, () => random.integer(offsets)),
        };
      });
      const seen: Augmented = {
        views: draws.map(({ view }) => view),
        lighting: Float32Array.from(draws.flatMap(({ light }) => light)),
        mean: source.mean,
        deviation: source.deviation,
      };
      const x = jigsawBatch({
        pictures,
        size: framing.size,
        grid,
        tile,
        gray: Uint8Array.from(draws, (draw) => (draw.gray ? 1 : 0)),
        offsets: Int32Array.from(draws.flatMap((draw) => draw.offsets)),
        permutations: Int32Array.from(draws.flatMap(({ label }) => [...set[label]!])),
        ...(given.release ? asReleased(seen, source.preparation) : seen),
      });
      return {
        x,
        xShape: [pictures.length, patches, tile, tile, 3],
        y: Int32Array.from(draws, ({ label }) => label),
        yShape: [pictures.length],
      };
    },
    loss: crossEntropy,
  };
}

/** Tells sets of permutations apart, so that a run does not go on with another one. */
function digestOf(set: PermutationSet): string {
  return createHash('sha256').update(JSON.stringify(set)).digest('hex').slice(0, 16);
}
