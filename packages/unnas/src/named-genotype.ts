import { existsSync, readFileSync } from 'node:fs';
import { type Genotype, type PublishedName, parseGenotype, publishedGenotypes } from '@unnas/genotype';
import { inputError } from '@unnas/random';
import { didYouMean } from './suggest.ts';

/** A published genotype by its name, in any case, or the one in a file, as JSON or in Python's notation. */
export function namedGenotype(given: string): { readonly name: string; readonly genotype: Genotype } {
  const name = given.toLowerCase();
  if (Object.hasOwn(publishedGenotypes, name))
    return { name, genotype: publishedGenotypes[name as PublishedName] };
  if (!existsSync(given)) {
    const names = Object.keys(publishedGenotypes);
    throw inputError(
      `there is no file '${given}' and no published genotype of that name${didYouMean(name, names) || `, expected ${names.join(', ')}`}`,
    );
  }
  try {
    return { name: given, genotype: parseGenotype(readFileSync(given, 'utf8')) };
  } catch (error) {
    throw inputError(`${given} holds no genotype: ${(error as Error).message}`, { cause: error });
  }
}
