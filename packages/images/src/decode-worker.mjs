// Runs in a worker thread: decodes picture files to square RGB pictures of one size. Plain JavaScript, so that a worker can
// be started from the sources as from the built package.
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { size } = /** @type {{ size: number }} */ (workerData);

port.on('message', async (/** @type {{ id: number, path: string }} */ { id, path }) => {
  try {
    const pixels = await decode(path);
    if (isFlat(pixels)) port.postMessage({ id, reason: 'every pixel has the same colour' });
    else port.postMessage({ id, pixels }, [/** @type {ArrayBuffer} */ (pixels.buffer)]);
  } catch (error) {
    port.postMessage({ id, reason: reasonOf(/** @type {NodeJS.ErrnoException} */ (error)) });
  }
});

/**
 * The upright picture without its transparency (on white), its shorter side scaled to `size`, and the centre cut out.
 * @param {string} path
 */
async function decode(path) {
  const bytes = await readFile(path);
  if (bytes.length === 0) throw new Error('the file is empty');
  const { data, info } = await sharp(bytes, { failOn: 'error' })
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .resize(size, size, { fit: 'cover', position: 'centre' })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`expected 3 channels, got ${info.channels}`);
  // A copy of its own: a small buffer shares its memory with others, and cannot be handed over.
  return Uint8Array.from(data);
}

/** @param {Uint8Array} pixels */
function isFlat(pixels) {
  return pixels.every((value, i) => value === pixels[i % 3]);
}

/** @param {NodeJS.ErrnoException} error */
function reasonOf(error) {
  if (error.code === 'EACCES') return 'permission denied';
  const lines = error.message.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'cannot be decoded').replace(/^Vips\w+: |^Input buffer /i, '').trim();
}
