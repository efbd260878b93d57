import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '@unnas/random';
import { decoder, defaultWorkers } from './decoder.ts';
import { fileError } from './file-error.ts';
import type { Skipped, Statistics } from './picture.ts';
import type { PictureFile } from './picture-files.ts';
import { openPixels, type PixelWriter, pixelFile, pixelMemory } from './pixel-file.ts';
import type { Pixels } from './pixels.ts';
import { prefetch } from './prefetch.ts';
import { ChannelSums } from './statistics.ts';

/** The pictures of a folder that could be decoded, and what is known about them besides their pixels. */
export interface DecodedFolder {
  readonly pixels: Pixels;
  readonly about: Statistics & { readonly broken: readonly Skipped[] };
}

export interface DecodeOptions {
  readonly size: number;
  readonly cache: string | false;
  readonly workers?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly onWarning: (sentence: string) => void;
}

/** Decodes files of a folder, or finds them decoded in the cache. */
export async function decodedFolder(
  folder: string,
  files: readonly PictureFile[],
  options: DecodeOptions,
): Promise<DecodedFolder> {
  const { size, cache, onWarning } = options;
  if (cache === false) return decodeInto(pixelMemory(size), folder, files, options);
  const path = join(cache, 'pictures', `${await cacheKey(folder, files, size)}.pixels`);
  const cached = await openPixels(path, size);
  if (cached !== undefined) return cached as DecodedFolder;
  const writer = await pixelFile(path, size).catch((error) => {
    onWarning(`decoded pictures cannot be kept in ${cache}: ${fileError(error)}`);
    return pixelMemory(size);
  });
  return decodeInto(writer, folder, files, options);
}

async function decodeInto(
  writer: PixelWriter,
  folder: string,
  files: readonly PictureFile[],
  { size, cache, workers, onProgress }: DecodeOptions,
): Promise<DecodedFolder> {
  // A thread takes as long to start as some dozen pictures to decode.
  const useful = Math.ceil(files.length / 32);
  const threads = decoder({ workers: Math.min(workers ?? defaultWorkers(), useful) });
  const keep = <T>(writing: Promise<T>) =>
    writing.catch((error): never => {
      throw inputError(
        `decoded pictures cannot be kept in ${cache}: ${fileError(error)}; UNNAS_CACHE can name another folder`,
        {
          cause: error,
        },
      );
    });
  const sums = new ChannelSums();
  const broken: Skipped[] = [];
  try {
    const decode = (i: number) => threads.decode({ picture: join(folder, files[i]!.file), size });
    const decoded = prefetch(decode, {
      to: files.length,
      depth: 4 * threads.workers,
    });
    let done = 0;
    for await (const result of decoded) {
      if ('reason' in result) {
        broken.push({ file: files[done]!.file, reason: result.reason });
      } else {
        sums.add(result.pixels);
        await keep(writer.add(result.pixels));
      }
      done++;
      onProgress?.({ done, total: files.length });
    }
    const about = { ...sums.statistics(), broken };
    return { pixels: await keep(writer.finish(about)), about };
  } finally {
    await threads.close();
    await writer.discard();
  }
}

/** Changes whenever the decoded pictures might. */
async function cacheKey(folder: string, files: readonly PictureFile[], size: number): Promise<string> {
  const { default: sharp } = await import('sharp');
  const hash = createHash('sha256');
  hash.update(JSON.stringify([1, sharp.versions.sharp, sharp.versions.vips, size, await realpath(folder)]));
  for (const { file, bytes, changed } of files) hash.update(`\n${JSON.stringify(file)} ${bytes} ${changed}`);
  return hash.digest('hex').slice(0, 32);
}
