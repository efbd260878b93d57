import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const from = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Runs the command line as a user calls it, in a process of its own, and gives what it wrote to standard output. */
export async function unnas(...args: readonly string[]): Promise<string> {
  const loader = ['--conditions=unnas-source', '--import', from('../scripts/typescript.mjs')];
  const { stdout } = await execute(process.execPath, [
    ...loader,
    from('../packages/unnas/src/cli.ts'),
    ...args,
  ]);
  return stdout;
}
