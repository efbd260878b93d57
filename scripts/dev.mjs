// The commands of a checkout: `npm start`, `npm test`, `npm run unnas -- ...` and so on. Each first does the set-up that is
// missing (setup.mjs), then its job; what follows on the command line is passed through.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

const node = process.execPath;
const cli = join(root, 'packages/unnas/dist/cli.js');
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run'];
// Runs TypeScript sources as they are, on every Node we support.
const source = (file) => [
  '--conditions=unnas-source',
  '--import',
  join(root, 'scripts/typescript.mjs'),
  join(root, file),
];

const commands = {
  start: ({ native }) => [node, cli, 'search', '--preset', native ? 'quick' : 'tiny'],
  setup: () => undefined,
  build: () => undefined,
  unnas: () => [node, cli],
  test: () => [node, ...vitest],
  'test-node24': () => ['npx', '--yes', 'node@24.21.0', ...vitest],
  golden: () => [node, ...source('test/golden/run.ts')],
  conformance: () => [node, ...source('test/conformance/run.ts')],
  bench: () => [node, '--expose-gc', ...source('benchmarks/run.ts')],
  sanitize: () => [node, join(root, 'scripts/sanitize.mjs')],
};

const [name = 'start', ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, name)) {
  console.error(`unnas: no such task '${name}'; there are ${Object.keys(commands).join(', ')}`);
  process.exit(2);
}
const job = commands[name](setup());
if (job) run(job[0], [...job.slice(1), ...rest]);

/** Hands the terminal over to a child and ends as the child ends. */
function run(command, args) {
  // A path is meant from where the user typed it (npm runs scripts in the root); vitest must run in the root.
  const cwd = name.startsWith('test') ? root : (process.env.INIT_CWD ?? process.cwd());
  const child = spawn(command, args, {
    stdio: 'inherit',
    cwd,
    // What to type to come here again.
    env: { UNNAS_COMMAND: 'npm run unnas --', ...process.env },
    shell: process.platform === 'win32',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // A terminal sends Ctrl-C to the child as well.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('error', (error) => {
    console.error(`unnas: ${command} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
