import type { Rgb, Statistics } from './picture.ts';

/** Adds up pictures and tells the mean and the (population) standard deviation of each channel over all their pixels. */
export class ChannelSums {
  // Sums of whole numbers, exact below 2^53: over 10^11 pixels.
  readonly #sums = [0, 0, 0];
  readonly #squares = [0, 0, 0];
  #pixels = 0;

  /** Adds interleaved RGB pixels. */
  add(data: Uint8Array): void {
    let [r, g, b] = [0, 0, 0];
    let [rr, gg, bb] = [0, 0, 0];
    for (let i = 0; i < data.length; i += 3) {
      const red = data[i]!;
      const green = data[i + 1]!;
      const blue = data[i + 2]!;
      r += red;
      g += green;
      b += blue;
      rr += red * red;
      gg += green * green;
      bb += blue * blue;
    }
    for (const [channel, sum] of [r, g, b].entries()) this.#sums[channel]! += sum;
    for (const [channel, sum] of [rr, gg, bb].entries()) this.#squares[channel]! += sum;
    this.#pixels += data.length / 3;
  }

  /** On a scale from 0 to 1. A channel that never changes gets deviation 1, so that dividing by it gives 0 and not NaN. */
  statistics(): Statistics {
    const mean = this.#sums.map((sum) => sum / this.#pixels);
    const deviation = this.#squares.map((sum, c) =>
      Math.sqrt(Math.max(0, sum / this.#pixels - mean[c]! ** 2)),
    );
    return {
      mean: mean.map((value) => value / 255) as unknown as Rgb,
      deviation: deviation.map((value) => value / 255 || 1) as unknown as Rgb,
    };
  }
}
