import type { Picture } from './picture.ts';

/** A picture as the bytes of a PNG file, made smaller where a side is longer than `longest`. */
export async function encodePng(
  { height, width, data }: Picture,
  { longest = Math.max(height, width) }: { readonly longest?: number } = {},
): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(longest, longest, { fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer();
}
