import { inputError } from '@unnas/random';
import type { Algorithm } from './algorithm.ts';
import { type ComparisonOptions, comparison } from './comparison.ts';
import { type DartsOptions, darts } from './darts.ts';
import { type RandomSearchOptions, randomSearch } from './random-search.ts';

/** Builds the algorithm that a `config.json` describes: the inverse of `{ name, ...options }`. */
export function algorithmOf({ name, ...options }: { readonly name: string }): Algorithm {
  switch (name) {
    case 'darts':
      return darts(options as Partial<DartsOptions>);
    case 'random':
      return randomSearch(options as unknown as RandomSearchOptions);
    case 'comparison':
      return comparison(options as unknown as ComparisonOptions);
    default:
      throw inputError(`an algorithm is darts, random or comparison, got ${name}`);
  }
}
