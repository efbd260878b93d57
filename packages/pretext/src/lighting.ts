import type { Rgb } from '@unnas/images';
import type { Draws } from './draw-view.ts';

// Principal components of the colours of ImageNet (Krizhevsky et al., NeurIPS 2012, section 4.1): how strong, and rows of red,
// green, blue.
const VALUES = [0.2175, 0.0188, 0.0045] as const;
const VECTORS = [
  [-0.5675, 0.7192, 0.4009],
  [-0.5808, -0.0045, -0.814],
  [-0.5836, -0.6948, 0.4203],
] as const;

/** Standard deviation of the random weights of the components. */
const DEVIATION = 0.1;

/**
 * Draws what is added to the red, green and blue of a picture on the scale from 0 to 1, so that its light changes as it does between
 * photographs.
 */
export function drawLighting(random: Draws): Rgb {
  const weights = VALUES.map((value) => DEVIATION * random.normal() * value);
  const along = (row: readonly number[]) =>
    row.reduce((sum, component, k) => sum + component * weights[k]!, 0);
  return [along(VECTORS[0]), along(VECTORS[1]), along(VECTORS[2])];
}
