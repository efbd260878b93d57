import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const FIXTURES = fileURLToPath(new URL('../../packages/images/fixtures/photos', import.meta.url));

/** Cuts the photographs of the fixtures into `each` pictures a photograph, in the same sub-folders. */
export async function cutPhotos(folder: string, each: number): Promise<string> {
  const files = (await readdir(FIXTURES, { recursive: true })).filter((file) => file.endsWith('.jpg')).sort();
  for (const file of files) {
    const photo = sharp(join(FIXTURES, file));
    const { width, height } = await photo.metadata();
    const side = Math.floor(Math.min(width, height) * 0.7);
    await mkdir(join(folder, dirname(file)), { recursive: true });
    for (let i = 0; i < each; i++) {
      const shift = (room: number) => Math.floor((room * (i + 1)) / (each + 1));
      const area = { left: shift(width - side), top: shift(height - side), width: side, height: side };
      await photo
        .clone()
        .extract(area)
        .png()
        .toFile(join(folder, file.replace('.jpg', `-${i}.png`)));
    }
  }
  return folder;
}
