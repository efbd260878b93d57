import { inputError, isInputError } from '@unnas/random';
import { type Command, commandHelp, table } from './command.ts';
import { parseArguments } from './options.ts';
import { didYouMean } from './suggest.ts';
import { openTerminal } from './terminal.ts';
import { version } from './version.ts';

/** Exit codes: 0 done, 1 a defect of the program, 2 something that the user can mend, 128 + n stopped by signal n. */
export const EXIT = { done: 0, defect: 1, input: 2 } as const;

// Each command is loaded when it is called, so that help and refusals come at once.
const commands: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>
> = {
  search: {
    summary: 'Search an architecture: pictures in, a genotype out.',
    load: async () => (await import('./commands/search.ts')).search,
  },
  report: {
    summary: 'Write the report of a run again.',
    load: async () => (await import('./commands/report.ts')).report,
  },
  compare: {
    summary: 'Compare the architecture of a run with random ones.',
    load: async () => (await import('./commands/compare.ts')).compare,
  },
  repro: {
    summary: 'Run a run again and compare, bit for bit.',
    load: async () => (await import('./commands/repro.ts')).repro,
  },
  preview: {
    summary: 'Look at what a task makes of pictures, on one page.',
    load: async () => (await import('./commands/preview.ts')).preview,
  },
  data: {
    summary: 'Fetch a data set.',
    load: async () => (await import('./commands/data.ts')).data,
  },
  bench: {
    summary: 'Measure steps of training and kernels.',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
  doctor: {
    summary: 'Say what is built, what is missing, and how to get it.',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
};

const HELP = `unnas ${version}: finds neural network architectures from images alone, without labels.

Usage: unnas COMMAND [options]

Commands:
${table(Object.entries(commands).map(([name, { summary }]) => [name, summary]))}

  unnas COMMAND --help   the options of a command
  unnas --version        the version

For example:
  unnas search --preset quick                       a small search on CIFAR-10, a few minutes
  unnas search --data photos/ --size 32 --limit 2000 --epochs 10
                                                    on a folder of your own pictures
  unnas search --resume runs/NAME                   go on where a run was stopped
  unnas search --preset imagenet-jigsaw --plan      what the search of the paper would take on this machine
  unnas preview --data photos/ --task jigsaw        a page of puzzles made of your own pictures`;

/** Runs a command line and gives its exit code. Errors are told on standard error. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const about = name === 'help' ? rest[0] : undefined;
      console.log(about === undefined ? HELP : commandHelp(await find(about)));
      return EXIT.done;
    }
    if (name === '--version' || name === '-V' || name === 'version') {
      console.log(version);
      return EXIT.done;
    }
    const command = await find(name);
    if (rest.includes('--help') || rest.includes('-h')) {
      console.log(commandHelp(command));
      return EXIT.done;
    }
    const { given, positionals } = parseArguments(rest, command.options);
    return await command.run(given, positionals, openTerminal({ json: 'json' in given }));
  } catch (error) {
    return tell(error);
  }
}

async function find(name: string): Promise<Command> {
  if (Object.hasOwn(commands, name)) return commands[name]!.load();
  if (name.startsWith('-'))
    throw inputError(
      `the command stands before its options, and got '${name}'${didYouMean(name, ['--help', '--version']) || '; see unnas --help'}`,
    );
  throw inputError(
    `there is no command '${name}'${didYouMean(name, Object.keys(commands)) || `, expected ${Object.keys(commands).join(', ')}`}`,
  );
}

/** One sentence for what the user can mend; everything there is for what only we can. */
function tell(error: unknown): number {
  if (isInputError(error)) {
    console.error(`unnas: ${error.message}`);
    return EXIT.input;
  }
  console.error(error instanceof Error ? error.stack : error);
  console.error(`unnas ${version}, Node ${process.version}: this is a defect of unnas.`);
  return EXIT.defect;
}
