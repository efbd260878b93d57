import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '@unnas/random';
import { cacheFolder } from './cache-folder.ts';
import { type Decoded, decoder, defaultWorkers } from './decoder.ts';
import { fileError } from './file-error.ts';
import type { Images, Picture, Skipped, Statistics } from './picture.ts';
import { openPixels, pixelFile } from './pixel-file.ts';
import type { Pixels } from './pixels.ts';
import { ChannelSums } from './statistics.ts';

export interface ImagesFromOptions {
  /** What to call the set. */
  readonly name: string;
  /** Side of the pictures in pixels: the shorter side is scaled to it, and the centre is cut out. */
  readonly size: number;
  /**
   * Under which the squares are kept for the next time, together with the size: the iterator is then not asked again. Choose another key
   * when it gives other pictures. Without a key they are kept for this process alone.
   */
  readonly key?: string;
  /** The folder for the file of squares; by default the user's cache folder. */
  readonly cache?: string;
  /** Most bytes that the file may take, `size * size * 3` for each picture; 16 GiB by default. */
  readonly maxBytes?: number;
  /** Share of the pictures that may be broken, 0 to 1; by default 0.1. */
  readonly maxBroken?: number;
  /** Number of decoding threads at most; by default one for each processor, up to 4 (see `defaultWorkers`). */
  readonly workers?: number;
}

/**
 * The pictures of an iterator of one's own, in its order: 8-bit pictures, or the bytes of jpg, png or webp files. Each is scaled to a square
 * and written to a file in the cache folder, so that only a few are in memory at a time, however many the iterator gives. A broken one is
 * left out and named in `skipped` by its number. Throws an input error for more pictures than `maxBytes` allows, for more broken ones
 * than `maxBroken` does, and for none at all.
 */
export async function imagesFrom(
  iterable: AsyncIterable<Picture | Uint8Array> | Iterable<Picture | Uint8Array>,
  options: ImagesFromOptions,
): Promise<Images> {
  const { name, size, key, cache = cacheFolder(), maxBroken = 0.1 } = options;
  if (!Number.isInteger(size) || size < 1 || size > 4096) {
    throw inputError(`the size of pictures is a whole number of pixels from 1 to 4096, got ${size}`);
  }
  if (!(maxBroken >= 0 && maxBroken <= 1)) {
    throw inputError(`the share of broken files lies between 0 and 1, got ${maxBroken}`);
  }
  const hash = createHash('sha256').update(JSON.stringify(['iterator', size, key ?? randomUUID()]));
  const path = join(cache, 'pictures', `${hash.digest('hex').slice(0, 32)}.pixels`);
  const kept = key === undefined ? undefined : ((await openPixels(path, size)) as Squares | undefined);
  const { pixels, about } = kept ?? (await writeSquares(iterable, path, options));
  // What is open can still be read.
  if (key === undefined) await rm(path, { force: true });
  const all = pixels.length + about.broken.length;
  if (about.broken.length > maxBroken * all || pixels.length === 0) {
    const first = about.broken.slice(0, 3).map(({ file, reason }) => `${file} (${reason})`);
    throw inputError(
      `${about.broken.length} of the ${all} pictures of ${name} cannot be used, expected at most ${+(100 * maxBroken).toFixed(2)} %: ${first.join(', ')}`,
    );
  }
  const { mean, deviation, broken } = about;
  return { name, ...pixels, preparation: 'cifar', mean, deviation, skipped: broken };
}

interface Squares {
  readonly pixels: Pixels;
  readonly about: Statistics & { readonly broken: readonly Skipped[] };
}

async function writeSquares(
  iterable: AsyncIterable<Picture | Uint8Array> | Iterable<Picture | Uint8Array>,
  path: string,
  { name, size, maxBytes = 2 ** 34, workers = defaultWorkers() }: ImagesFromOptions,
): Promise<Squares> {
  if (!Number.isInteger(workers) || workers < 1) {
    throw inputError(`the number of decoding threads is a whole number of at least 1, got ${workers}`);
  }
  const writer = await pixelFile(path, size).catch((error) => {
    throw inputError(`the pictures of ${name} cannot be kept in ${path}: ${fileError(error)}`, {
      cause: error,
    });
  });
  const threads = decoder({ workers });
  const sums = new ChannelSums();
  const broken: Skipped[] = [];
  const underWay: Promise<Decoded>[] = [];
  let done = 0;
  const next = async () => {
    const decoded = await underWay.shift()!;
    const number = done++;
    if ('reason' in decoded) {
      broken.push({ file: `picture ${number}`, reason: decoded.reason });
      return;
    }
    if ((number - broken.length + 1) * decoded.pixels.length > maxBytes) {
      throw inputError(`the iterator of ${name} gives more pictures than fit into ${maxBytes} bytes`);
    }
    sums.add(decoded.pixels);
    await writer.add(decoded.pixels);
  };
  try {
    for await (const given of iterable) {
      const picture = checked(given, done + underWay.length, name);
      const decoding = threads.decode({ picture, size });
      // Whoever awaits it sees its failure.
      decoding.catch(() => {});
      underWay.push(decoding);
      if (underWay.length >= 4 * workers) await next();
    }
    while (underWay.length > 0) await next();
    if (done === 0) throw inputError(`the iterator of ${name} gave no pictures`);
    const about = { ...sums.statistics(), broken };
    return { pixels: await writer.finish(about), about };
  } finally {
    await threads.close();
    await writer.discard();
  }
}

/** A copy of what was given, alone in its memory: that is what goes to a thread. */
function checked(given: Picture | Uint8Array, number: number, name: string): Picture | Uint8Array {
  if (given instanceof Uint8Array) return new Uint8Array(given);
  const { height, width, data } = given;
  if (!(height >= 1 && width >= 1 && data?.length === height * width * 3)) {
    throw inputError(
      `picture ${number} of ${name} has ${data?.length} values, expected height x width x 3 = ${height} x ${width} x 3, or the bytes of a file`,
    );
  }
  return { height, width, data: new Uint8Array(data) };
}
