import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileError } from '@unnas/images';
import { checkedPermutations, type PermutationSet } from '@unnas/pretext';
import { inputError } from '@unnas/random';
import type { Option } from './options.ts';

/** `--permutations N|FILE`: how many, or the path of a set that was kept as JSON, which holds wherever the process is. */
export function permutationsOption(help: string): Option<number | string> {
  return {
    help,
    value: 'N|FILE',
    read(text, name) {
      if (!/^[\d.+-]*$/.test(text)) return resolve(text);
      const count = Number(text);
      if (text !== '' && Number.isSafeInteger(count) && count >= 2) return count;
      throw inputError(
        `${name} takes a whole number of at least 2, or a file of permutations, and got '${text}'`,
      );
    },
  };
}

/** The permutations of a grid that were chosen. Throws an input error that names the file and what is wrong with it. */
export function chosenPermutations(choice: number | string, grid: number): number | PermutationSet {
  if (typeof choice === 'number') return choice;
  try {
    return checkedPermutations(JSON.parse(readFileSync(choice, 'utf8')), grid);
  } catch (cause) {
    const { message } = cause as Error;
    const why = cause instanceof SyntaxError ? `this is no JSON: ${message}` : fileError(cause);
    throw inputError(`cannot use the permutations in ${choice}: ${why}`, { cause });
  }
}
