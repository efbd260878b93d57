import type { Picture, Preparation, Rgb } from '@unnas/images';
import type { Random } from '@unnas/random';
import { centreView, drawView, type Framing } from './draw-view.ts';
import { drawLighting } from './lighting.ts';
import type { Mode, SetOfPictures } from './task.ts';
import type { Normalise } from './transforms/frame.ts';
import type { View } from './transforms/view.ts';

/** The view of a picture: drawn in training, of its centre in a test. */
export function viewOf(
  picture: Picture,
  framing: Framing,
  random: Random,
  { mode, release }: { mode: Mode; release: boolean },
): View {
  return mode === 'train' ? drawView(picture, framing, random, release) : centreView(picture, framing);
}

/** How the light of a picture is changed: in training, but not of small squares. */
export function lightingOf(preparation: Preparation, random: Random, mode: Mode): Rgb {
  return mode === 'train' && preparation !== 'cifar' ? drawLighting(random) : [0, 0, 0];
}

/** Pictures as they are seen, lit and normalised. */
export interface Augmented extends Normalise {
  readonly views: readonly View[];
}

/** Draws views and light, for each picture from its own stream: the view first. */
export function augmented(
  pictures: readonly Picture[],
  source: SetOfPictures,
  streams: readonly Random[],
  framing: Framing,
  { mode, release }: { mode: Mode; release: boolean },
): Augmented {
  const draws = pictures.map((picture, i) => ({
    view: viewOf(picture, framing, streams[i]!, { mode, release }),
    light: lightingOf(source.preparation, streams[i]!, mode),
  }));
  const seen = {
    views: draws.map(({ view }) => view),
    lighting: Float32Array.from(draws.flatMap(({ light }) => light)),
    mean: source.mean,
    deviation: source.deviation,
  };
  return release ? asReleased(seen, source.preparation) : seen;
}

/**
 * The same as the authors' release does it (FramingOptions.release): mirrored once more, with the constants of the other order of
 * channels. Small squares are not concerned.
 */
export function asReleased(
  { views, lighting, mean, deviation }: Augmented,
  preparation: Preparation,
): Augmented {
  if (preparation === 'cifar') return { views, lighting, mean, deviation };
  return {
    views: views.map((view) => ({ ...view, flip: !view.flip })),
    lighting: lighting?.map((_, i) => lighting[i - (i % 3) + 2 - (i % 3)]!) ?? null,
    mean: backwards(mean),
    deviation: backwards(deviation),
  };
}

function backwards([red, green, blue]: Rgb): Rgb {
  return [blue, green, red];
}
