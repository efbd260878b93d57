// Makes a checkout ready to run: dependencies, compiler, TypeScript and addon. Needs only Node and npm, says what it does,
// and does nothing (in well under a second) when nothing has changed since the last time.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint } from './fingerprint.mjs';
import { ensureBuildTools } from './system-packages.mjs';

// pnpm 11 does not start on Node 20; the version stands here alone (see pnpm-workspace.yaml).
export const PNPM = '12.21.0';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const addon = join(root, 'native/build/Release/unnas_native.node');
const commandLine = join(root, 'packages/unnas/dist/cli.js');

/**
 * Does what is missing, and gives whether the native addon is there. Everything is said on standard error: standard output
 * belongs to the job that follows.
 */
export function setup() {
  requireNode(20, 19);
  installDependencies();
  build();
  return { native: process.env.UNNAS_NATIVE !== 'off' && existsSync(addon) };
}

/** Whether a tool ended well. What it prints goes to a file, and the end of it is shown only if it did not. */
function succeeds(command, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  if (status === 0) return true;
  const output = error ? `${error.message}\n` : Buffer.concat([stdout, stderr]).toString();
  process.stderr.write(output.split('\n').slice(-40).join('\n'));
  writeFileSync(join(root, 'unnas-setup.log'), output);
  say('the whole output is in unnas-setup.log');
  return false;
}

function requireNode(major, minor) {
  const [ours, oursMinor] = process.versions.node.split('.').map(Number);
  if (ours > major || (ours === major && oursMinor >= minor)) return;
  stop(
    `Node ${major}.${minor} or newer is needed, this is ${process.version}. See https://nodejs.org/en/download`,
  );
}

function installDependencies() {
  const wanted = fingerprint(
    root,
    ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', /\/package\.json$/],
    PNPM,
  );
  const stamp = join(root, 'node_modules/.unnas-install');
  if (read(stamp) === wanted) return;
  say('installing the dependencies (half a minute; once)');
  // --yes: a user's .npmrc may say yes=false, and then npx refuses to fetch pnpm without a terminal.
  if (!succeeds('npx', ['--yes', `pnpm@${PNPM}`, 'install', '--frozen-lockfile'])) {
    stop('the dependencies could not be installed (see above). Is the npm registry reachable?');
  }
  writeFileSync(stamp, wanted);
}

function build() {
  const native = process.env.UNNAS_NATIVE !== 'off';
  const sources = [
    /^(packages\/[^/]+\/(src\/|package\.json|tsconfig\.json)|native\/)(?!.*\.test\.ts)/,
    'tsconfig.base.json',
  ];
  const wanted = fingerprint(root, sources, native, process.env.UNNAS_CUDA, process.env.UNNAS_CUDA_ARCHS);
  const stamp = join(root, 'node_modules/.unnas-build');
  if (read(stamp) === wanted && existsSync(commandLine) && (existsSync(addon) || !native)) return;
  if (native) ensureBuildTools({ say, stop });

  say(`building the command line${native ? ' and the native addon (about a minute; once)' : ''}`);
  // nx straight from node_modules: it needs no pnpm on the path.
  const nx = (...args) =>
    succeeds(process.execPath, ['node_modules/nx/dist/bin/nx.js', ...args, '--output-style=stream'], {
      // An addon that cannot be built must fail its target, or nx would remember the failure as a success.
      UNNAS_NATIVE: 'required',
    });
  if (!nx('run-many', '-t', 'build', ...(native ? ['addon'] : []))) {
    if (!nx('run-many', '-t', 'build')) stop('the TypeScript sources do not compile (see above).');
    if (native) {
      rmSync(addon, { force: true });
      say(
        'the native addon could not be built (see above); stock tfjs, which is very much slower, is used in its place.',
      );
      return;
    }
  }
  writeFileSync(stamp, wanted);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function say(sentence) {
  console.error(`unnas: ${sentence}`);
}

function stop(sentence) {
  say(sentence);
  process.exit(1);
}
