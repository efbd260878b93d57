import { inputError } from '@unnas/random';

export function noPositionals(positionals: readonly string[]): void {
  if (positionals.length > 0) throw inputError(`expected options only, and got '${positionals[0]}'`);
}

/** The one positional a command takes; `what` names it. */
export function onePositional(positionals: readonly string[], what: string): string {
  if (positionals.length === 1 && positionals[0]!.trim() !== '') return positionals[0]!;
  throw inputError(
    `expected ${what}, and got ${positionals.length === 0 ? 'nothing' : `'${positionals.join(' ')}'`}`,
  );
}
