import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Pixels, pixels, pixelsInMemory } from './pixels.ts';

// A file of pictures: the pixels of all of them, then what is to be known about them as JSON, then 16 bytes: the mark, and the
// number of pictures and the length of the JSON as 32-bit numbers. What is known only after the last picture stands at the
// end, so that a file can be written in one go.
const MARK = Buffer.from('unnaspix');
const TAIL = MARK.length + 8;

const PARTIAL = '.partial';

/** Takes pictures of one size, one after the other, and gives them back as a whole. */
export interface PixelWriter {
  add(pixels: Uint8Array): Promise<void>;
  /** Ends the writing; `about` is kept with the pictures where they are kept. */
  finish(about: unknown): Promise<Pixels>;
  /** Throws away what was written. Does nothing after `finish`. */
  discard(): Promise<void>;
}

/** Gathers pictures in memory. */
export function pixelMemory(size: number): PixelWriter {
  const parts: Uint8Array[] = [];
  return {
    async add(pixels) {
      parts.push(pixels);
    },
    async finish() {
      return pixels(parts.length, size, (index) => parts[index]!);
    },
    async discard() {},
  };
}

/** Writes a file of pictures beside `path` and moves it there when it is whole, so that no one ever sees a part of it. */
export async function pixelFile(path: string, size: number): Promise<PixelWriter> {
  await mkdir(dirname(path), { recursive: true });
  await sweep(dirname(path));
  const partial = `${path}.${process.pid}-${randomBytes(4).toString('hex')}${PARTIAL}`;
  const file = await open(partial, 'wx');
  let count = 0;
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= file.close());
  return {
    async add(pixels) {
      await writeWhole(file, pixels);
      count++;
    },
    async finish(about) {
      const json = Buffer.from(JSON.stringify(about));
      const tail = Buffer.alloc(TAIL);
      MARK.copy(tail);
      tail.writeUInt32LE(count, MARK.length);
      tail.writeUInt32LE(json.length, MARK.length + 4);
      await writeWhole(file, Buffer.concat([json, tail]));
      await close();
      await rename(partial, path);
      const written = await openPixels(path, size);
      if (written === undefined) throw new Error(`${path} changed while it was written`);
      return written.pixels;
    },
    async discard() {
      await close();
      await rm(partial, { force: true });
    },
  };
}

/** Removes the parts that processes which were killed have left behind: those that no one wrote to for a day. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(PARTIAL)) continue;
    const part = join(folder, name);
    // Another process may do the same at the same time.
    const { mtimeMs } = await stat(part).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 86_400_000) await rm(part, { force: true });
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

/**
 * Opens a file of pictures; undefined where there is none, or none that is whole and has pictures of this size. Up to
 * `inMemory` bytes are read at once; of a larger file each picture is read when it is asked for, and the operating system
 * keeps in memory what is used.
 */
export async function openPixels(
  path: string,
  size: number,
  inMemory = 2 ** 30,
): Promise<{ pixels: Pixels; about: unknown } | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  let kept = false;
  try {
    const bytes = (await file.stat()).size;
    if (bytes < TAIL) return undefined;
    const tail = Buffer.from(await read(file, bytes - TAIL, TAIL));
    const count = tail.readUInt32LE(MARK.length);
    const jsonBytes = tail.readUInt32LE(MARK.length + 4);
    const each = size * size * 3;
    if (!tail.subarray(0, MARK.length).equals(MARK) || count * each + jsonBytes + TAIL !== bytes)
      return undefined;
    const about = JSON.parse(Buffer.from(await read(file, count * each, jsonBytes)).toString());
    if (count * each <= inMemory) {
      return { pixels: pixelsInMemory(await read(file, 0, count * each), size), about };
    }
    kept = true;
    return { pixels: pixels(count, size, (index) => read(file, index * each, each)), about };
  } finally {
    if (!kept) await file.close();
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new Error(`the file of pictures ended ${length - done} bytes early`);
    done += bytesRead;
  }
  return bytes;
}
