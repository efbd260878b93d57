import { inputError } from '@unnas/random';

/** Throws an input error unless `value` is a whole number of at least `least`. */
export function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw inputError(`${name} is a whole number of at least ${least}, got ${value}`);
  }
}

/** Throws an input error unless `value` is a number of at least `least`, or more than it. */
export function checkNumber(
  name: string,
  value: number,
  { least, above }: { least?: number; above?: number },
): void {
  const fine = Number.isFinite(value) && value >= (least ?? -Infinity) && value > (above ?? -Infinity);
  if (!fine) {
    const bound = above === undefined ? `of at least ${least}` : `greater than ${above}`;
    throw inputError(`${name} is a number ${bound}, got ${value}`);
  }
}
