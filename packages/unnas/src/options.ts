import { inputError } from '@unnas/random';
import { didYouMean } from './suggest.ts';

/** One option of a command: how its text becomes a value, and what the help says. */
export interface Option<T> {
  readonly help: string;
  /** What stands for the value in the help (`N`, `DIR`); undefined for a flag, which takes none. */
  readonly value?: string;
  readonly read: (text: string, name: string) => T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;
/** The options that were given. */
export type Given<O extends Options> = { readonly [K in keyof O]?: O[K] extends Option<infer T> ? T : never };

export function flag(help: string): Option<true> {
  return { help, read: () => true };
}

/** Any text but an empty one, which is most likely a variable of a script that was not set. */
export function text(value: string, help: string): Option<string> {
  return {
    help,
    value,
    read(text, name) {
      if (text.trim() === '') throw inputError(`${name} takes a value (${value}), and got an empty one`);
      return text;
    },
  };
}

/** A whole number of at least `minimum` and at most `maximum`. */
export function count(help: string, minimum = 1, maximum = Number.MAX_SAFE_INTEGER): Option<number> {
  return {
    help,
    value: 'N',
    read(text, name) {
      const number = Number(text);
      const fits = Number.isSafeInteger(number) && number >= minimum && number <= maximum;
      if (text.trim() !== '' && fits) return number;
      const range =
        maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      throw inputError(`${name} takes a whole number ${range}, and got '${text}'`);
    },
  };
}

/** An even whole number of at least 2. */
export function evenCount(help: string): Option<number> {
  const { read } = count(help, 2);
  return {
    help,
    value: 'N',
    read(text, name) {
      if (Number(text) % 2 === 1) throw inputError(`${name} takes an even number, and got '${text}'`);
      return read(text, name);
    },
  };
}

/** A number of at least `minimum` and at most `maximum`. */
export function number(help: string, minimum = 0, maximum = Number.POSITIVE_INFINITY): Option<number> {
  return {
    help,
    value: 'X',
    read(text, name) {
      const number = Number(text);
      if (text.trim() !== '' && number >= minimum && number <= maximum && Number.isFinite(number))
        return number;
      const range =
        maximum === Number.POSITIVE_INFINITY ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
      throw inputError(`${name} takes a number ${range}, and got '${text}'`);
    },
  };
}

/** One of some words. @param value what stands for them in the help, where they are too many to be listed there */
export function choice<const T extends string>(
  values: readonly T[],
  help: string,
  value = values.join('|'),
): Option<T> {
  return {
    help,
    value,
    read(text, name) {
      const found = values.find((value) => value === text);
      if (found !== undefined) return found;
      throw inputError(`${name} takes ${values.join(', ')}, and got '${text}'${didYouMean(text, values)}`);
    },
  };
}

/**
 * Reads command-line arguments: `--name value`, `--name=value` and positionals, in any order. Everything after `--` is a
 * positional; of an option given twice the last counts. Options are named in kebab-case and come back in camelCase. Throws an `InputError` for what it does not know.
 */
export function parseArguments<O extends Options>(
  args: readonly string[],
  options: O,
): { given: Given<O>; positionals: string[] } {
  const given: Record<string, unknown> = {};
  const positionals: string[] = [];
  const names = new Map(Object.keys(options).map((key) => [kebab(key), key]));
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument === '--') {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const key = name.startsWith('--') ? names.get(name.slice(2)) : undefined;
    if (key === undefined)
      throw inputError(`unknown option '${name}'${didYouMean(name.replace(/^-+/, ''), names.keys(), '--')}`);
    const option = options[key]!;
    if (option.value === undefined) {
      if (equals >= 0) throw inputError(`${name} takes no value`);
      given[key] = option.read('', name);
      continue;
    }
    const value = equals >= 0 ? argument.slice(equals + 1) : args[++i];
    if (value === undefined || (equals < 0 && value.startsWith('--'))) {
      throw inputError(`${name} takes a value (${option.value})`);
    }
    given[key] = option.read(value, name);
  }
  return { given: given as Given<O>, positionals };
}

/** The options as they would be typed: `{ alphaStart: 2 }` becomes `['--alpha-start', '2']`. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
