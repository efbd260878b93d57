// Runs in a worker thread: decodes picture files to square RGB pictures of one size. Plain JavaScript, so that a worker can
// be started from the sources as from the built package.
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { size } = /** @type {{ size: number }} */ (workerData);

// One picture at a time, so that the number of threads says how much of the machine is used.
let last = Promise.resolve();
port.on('message', (/** @type {{ id: number, path: string }} */ { id, path }) => {
  last = last.then(async () => {
    const decoded = await decode(path);
    const moved = 'pixels' in decoded ? [/** @type {ArrayBuffer} */ (decoded.pixels.buffer)] : [];
    port.postMessage({ id, ...decoded }, moved);
  });
});

/**
 * The upright picture without its transparency (on white), its shorter side scaled to `size`, and the centre cut out.
 * @param {string} path
 * @returns {Promise<import('./decoder.ts').Decoded>}
 */
async function decode(path) {
  /** @type {Buffer} */
  let bytes;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return { reason: code === 'EACCES' ? 'permission denied' : message };
  }
  if (bytes.length === 0) return { reason: 'the file is empty' };
  const format = formatOf(bytes);
  if (format === undefined) return { reason: 'not a jpg, png or webp picture inside' };
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .resize(size, size, { fit: 'cover', position: 'centre' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return { reason: `expected 3 channels, got ${info.channels}` };
    if (isFlat(data)) return { reason: 'every pixel has the same colour' };
    // A copy of its own: a small buffer shares its memory with others, and cannot be handed over.
    return { pixels: Uint8Array.from(data) };
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    if (message.includes('exceeds pixel limit')) return { reason: 'more pixels than can be decoded safely' };
    // libvips tells more, but all threads share its list of errors: it may speak of another file.
    return { reason: `truncated or damaged ${format}` };
  }
}

/**
 * What the first bytes of a file say that it is.
 * @param {Buffer} bytes
 */
function formatOf(bytes) {
  const begin = bytes.toString('latin1', 0, 12);
  if (begin.startsWith('\xff\xd8\xff')) return 'jpg';
  if (begin.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (begin.startsWith('RIFF') && begin.endsWith('WEBP')) return 'webp';
  return undefined;
}

/** @param {Uint8Array} pixels */
function isFlat(pixels) {
  return pixels.every((value, i) => value === pixels[i % 3]);
}
