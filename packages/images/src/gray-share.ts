import { inputError } from '@unnas/random';
import type { Picture, Source } from './picture.ts';

/** Pictures that are looked at together: they may be large. */
const AT_A_TIME = 8;

/**
 * The share of gray pictures of a set, 0 to 1: of those in which red, green and blue are equal in every pixel. From them no colours can
 * be learnt. Looks at `sample` pictures spread evenly over the set, all of them where it has no more.
 */
export async function grayShare(
  source: Pick<Source<Picture>, 'length' | 'load'>,
  { sample = 64 }: { readonly sample?: number } = {},
): Promise<number> {
  if (!Number.isInteger(sample) || sample < 1) {
    throw inputError(`the size of a sample is a whole number of at least 1, got ${sample}`);
  }
  const count = Math.min(sample, source.length);
  let gray = 0;
  for (let from = 0; from < count; from += AT_A_TIME) {
    const some = Array.from({ length: Math.min(AT_A_TIME, count - from) }, (_, i) =>
      Math.floor(((from + i) * source.length) / count),
    );
    gray += (await source.load(some)).filter(isGray).length;
  }
  return count === 0 ? 0 : gray / count;
}

function isGray({ data }: Picture): boolean {
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}
