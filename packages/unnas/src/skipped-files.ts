import type { Skipped } from '@unnas/images';

const NAMED = 10;

/** Says how many files were left out, and names the first of them with their reasons; null where there are none. */
export function skippedFiles(skipped: readonly Skipped[], more = ''): string | null {
  if (skipped.length === 0) return null;
  const named = skipped.slice(0, NAMED).map(({ file, reason }) => `${file} (${reason})`);
  const others = skipped.length > NAMED ? `, and ${skipped.length - NAMED} more${more}` : '';
  return `${skipped.length} ${skipped.length === 1 ? 'file was' : 'files were'} left out: ${named.join(', ')}${others}`;
}
