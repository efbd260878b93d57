import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The command line runs from its sources: a test never waits for a build, nor tests an old one.
const FROM_SOURCE = [
  '--conditions=unnas-source',
  '--import',
  pathToFileURL(join(root, 'scripts/typescript.mjs')).href,
  join(root, 'packages/unnas/src/cli.ts'),
];

/** The command line as a command for a shell. */
export function commandLine(args: readonly string[]): string[] {
  return [process.execPath, ...FROM_SOURCE, ...args];
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** The first JSON line whose event has that name. */
  event(name: string): Promise<Record<string, unknown>>;
}

/** Starts `unnas` as a process of its own. */
export function start(args: readonly string[], { cwd = root, env = {} }: Place = {}): Running {
  const [command, ...rest] = commandLine(args);
  const child = spawn(command!, rest, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting: { name: string; resolve: (event: Record<string, unknown>) => void }[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    stdout += `${line}\n`;
    if (!args.includes('--json')) return;
    const event = JSON.parse(line);
    for (const wait of waiting.splice(0))
      wait.name === event.event ? wait.resolve(event) : waiting.push(wait);
  });
  child.stderr!.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    event: (name) =>
      new Promise((resolve, reject) => {
        waiting.push({ name, resolve });
        void ended.then((outcome) => reject(new Error(`no event ${name}: ${JSON.stringify(outcome)}`)));
      }),
  };
}

interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `unnas` to its end. */
export function unnas(args: readonly string[], place?: Place): Promise<Outcome> {
  return start(args, place).ended;
}

/** A new folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'unnas-pipeline-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
