import type { Given, Options } from './options.ts';
import { kebab } from './options.ts';
import type { Terminal } from './terminal.ts';

/** One command of the command line. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** What stands behind the name in the help: `RUN`, `[options]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further paragraphs for the command's own help. */
  readonly details?: string;
  readonly options: O;
  /** Gives the exit code. */
  run(given: Given<O>, positionals: readonly string[], terminal: Terminal): Promise<number>;
}

/** Lets each command keep the exact type of its options. */
export function command<const O extends Options>(definition: Command<O>): Command {
  return definition as unknown as Command;
}

const WIDTH = 100;

/** `unnas COMMAND --help`. */
export function commandHelp({ name, usage, summary, details, options }: Command): string {
  const parts = [`Usage: unnas ${name} ${usage}`.trimEnd(), summary];
  const rows = Object.entries(options).map(
    ([key, { value, help }]) => [`--${kebab(key)}${value ? ` ${value}` : ''}`, help] as const,
  );
  if (rows.length > 0) parts.push(`Options:\n${table(rows)}`);
  if (details) parts.push(details);
  return parts.join('\n\n');
}

/** Two columns, the second wrapped at the width of a page. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const left = Math.min(30, Math.max(...rows.map(([name]) => name.length)));
  return rows
    .map(([name, text]) => {
      const lines = wrap(text, WIDTH - left - 4);
      const head =
        name.length > left ? [`  ${name}`, ...lines.map((line) => ' '.repeat(left + 4) + line)] : undefined;
      return (head ?? lines.map((line, i) => `  ${(i === 0 ? name : '').padEnd(left)}  ${line}`)).join('\n');
    })
    .join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
