import { grayShare } from '@unnas/images';
import type { TaskName } from './task-names.ts';

/** From which share of gray pictures on colours are hardly worth learning. */
const MOSTLY = 0.5;

/** A warning where colours are to be learnt from pictures that are mostly gray: there every pixel is of one and the same class. */
export async function grayWarning(
  task: TaskName,
  images: Parameters<typeof grayShare>[0] & { readonly name: string },
): Promise<string | null> {
  if (task !== 'colorization') return null;
  const share = await grayShare(images);
  if (share <= MOSTLY) return null;
  return `about ${Math.round(100 * share)} % of the pictures of ${images.name} are gray: colorization learns little from them`;
}
