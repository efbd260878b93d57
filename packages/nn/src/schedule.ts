/**
 * Cosine learning rate (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, without restarts): from `base` at epoch 0 down
 * to `minimum` at `epochs`.
 *
 * @param epoch from 0, may be fractional
 */
export function cosine(base: number, epoch: number, epochs: number, minimum = 0): number {
  return minimum + ((base - minimum) * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2;
}
