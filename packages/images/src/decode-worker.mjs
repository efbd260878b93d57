// Runs in a worker thread: decodes pictures to 8-bit RGB, and label maps. Plain JavaScript, so that a worker can be started from
// the sources as from the built package.
import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';

/** @typedef {import('./decoder.ts').Decoded} Decoded */
/** @typedef {import('./decoder.ts').DecodeRequest} DecodeRequest */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

// One picture at a time, so that the number of threads says how much of the machine is used.
let last = Promise.resolve();
port.on('message', (/** @type {{ id: number, request: DecodeRequest }} */ { id, request }) => {
  last = last.then(async () => {
    const decoded = await ('labelMap' in request ? decodeLabelMap(request) : decodePicture(request));
    const moved = 'pixels' in decoded ? [/** @type {ArrayBuffer} */ (decoded.pixels.buffer)] : [];
    port.postMessage({ id, ...decoded }, moved);
  });
});

/**
 * The upright picture without its transparency (on white).
 * @param {Extract<DecodeRequest, { picture: unknown }>} request
 * @returns {Promise<Decoded>}
 */
async function decodePicture({ picture, size, allowFlat = false }) {
  const given = typeof picture === 'string' ? await read(picture) : picture;
  if ('reason' in given) return given;
  const encoded = given instanceof Uint8Array;
  const format = encoded ? formatOf(given) : 'picture';
  if (format === undefined) {
    return {
      reason:
        given instanceof Uint8Array && given.length === 0 ? EMPTY : 'not a jpg, png or webp picture inside',
    };
  }
  try {
    const input = encoded
      ? sharp(given, { failOn: 'error' })
      : sharp(given.data, { raw: { width: given.width, height: given.height, channels: 3 } });
    const upright = input.autoOrient().flatten({ background: 'white' }).toColourspace('srgb');
    const scaled = size === null ? upright : upright.resize(size, size, { fit: 'cover', position: 'centre' });
    const { data, info } = await scaled.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) return { reason: `expected 3 channels, got ${info.channels}` };
    if (!allowFlat && isFlat(data)) return { reason: 'every pixel has the same colour' };
    // A copy of its own: a small buffer shares its memory with others, and cannot be handed over.
    return { pixels: new Uint8Array(data), height: info.height, width: info.width };
  } catch (error) {
    return { reason: whyNot(error, format) };
  }
}

/**
 * A class for each pixel.
 * @param {Extract<DecodeRequest, { labelMap: string }>} request
 * @returns {Promise<Decoded>}
 */
async function decodeLabelMap({ labelMap, table }) {
  const bytes = await read(labelMap);
  if ('reason' in bytes) return bytes;
  if (formatOf(bytes) !== 'png') return { reason: bytes.length === 0 ? EMPTY : 'not a png picture inside' };
  try {
    // The header of a png: bits for each channel, then the kind of colour, 0 for gray.
    const [bits, kind] = bytes.subarray(24, 26);
    if (bits !== 8 || kind !== 0) return { reason: 'not a picture of 8-bit gray, as a label map is' };
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .toColourspace('b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 1) return { reason: `expected 1 channel, got ${info.channels}` };
    const pixels = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const value = /** @type {number} */ (data[i]);
      const label = /** @type {number} */ (table[value]);
      if (label < 0) return { reason: `a pixel has the value ${value}, which is no class` };
      pixels[i] = label;
    }
    return { pixels, height: info.height, width: info.width };
  } catch (error) {
    return { reason: whyNot(error, 'png') };
  }
}

const EMPTY = 'the file is empty';

/**
 * @param {string} path
 * @returns {Promise<Buffer | { reason: string }>}
 */
async function read(path) {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'EACCES') return { reason: 'permission denied' };
    return { reason: code === 'ENOENT' ? 'no such file' : message };
  }
}

/**
 * What the first bytes of a file say that it is.
 * @param {Uint8Array} bytes
 */
function formatOf(bytes) {
  const begin = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (begin.startsWith('\xff\xd8\xff')) return 'jpg';
  if (begin.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (begin.startsWith('RIFF') && begin.endsWith('WEBP')) return 'webp';
  return undefined;
}

/**
 * @param {unknown} error
 * @param {string} format
 */
function whyNot(error, format) {
  const { message } = /** @type {Error} */ (error);
  if (message.includes('exceeds pixel limit')) return 'more pixels than can be decoded safely';
  // libvips tells more, but all threads share its list of errors: it may speak of another file.
  return `truncated or damaged ${format}`;
}

/** @param {Uint8Array} pixels */
function isFlat(pixels) {
  return pixels.every((value, i) => value === pixels[i % 3]);
}
