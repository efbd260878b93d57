import { setIsa } from '../addon.ts';

/** The instruction sets that this machine runs. */
const available = (['baseline', 'avx2', 'avx512'] as const).filter((isa) => {
  try {
    return setIsa(isa) === isa;
  } catch {
    return false;
  } finally {
    setIsa('');
  }
});

/** Runs a check under each instruction set of this machine. */
export async function forEachIsa(check: (isa: string) => Promise<void> | void): Promise<void> {
  try {
    for (const isa of available) await check(setIsa(isa));
  } finally {
    setIsa('');
  }
}
