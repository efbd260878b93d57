import { inputError } from '@unnas/random';
import type { Picture, Skipped, Source } from './picture.ts';
import { checkIndex } from './pixels.ts';

/** So many broken files in a row are no accident. */
const MOST_IN_A_ROW = 100;

/**
 * Gives a set whose pictures may turn out broken its `load`: in place of a broken picture comes the next good one of the set (after
 * the last one, the first). A part of a set so takes a picture of the part. Throws an input error where there is none near.
 */
export function replacingBroken<P extends Picture>(
  source: Pick<Source<P>, 'name' | 'length' | 'skipped'>,
  tryLoad: NonNullable<Source<P>['tryLoad']>,
): Pick<Required<Source<P>>, 'load' | 'tryLoad'> {
  const { length } = source;
  const next = async (broken: number): Promise<P> => {
    for (let step = 1; step < Math.min(length, MOST_IN_A_ROW); step++) {
      const [picture] = await tryLoad([(broken + step) % length]);
      if (picture !== undefined) return picture;
    }
    const { file, reason } = source.skipped.at(-1) as Skipped;
    throw inputError(
      `${source.name}: ${Math.min(length, MOST_IN_A_ROW)} pictures in a row cannot be used, one of them ${file} (${reason})`,
    );
  };
  return {
    tryLoad,
    async load(indices) {
      for (const index of Array.from(indices)) checkIndex(index, length);
      const pictures = await tryLoad(indices);
      return Promise.all(pictures.map((picture, i) => picture ?? next(indices[i]!)));
    },
  };
}
