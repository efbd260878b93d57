// The system packages that building the addon needs: installs them where it may, else says which command does.
import { spawnSync } from 'node:child_process';

const runs = (command, args = ['--version']) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const tools = [
  { what: 'cmake', package: 'cmake', found: () => runs('cmake') },
  { what: 'a C++ compiler', package: 'g++', found: () => runs(process.env.CXX ?? 'c++') },
  { what: 'make or ninja', package: 'make', found: () => runs('ninja') || runs('make') },
];

const WITHOUT = 'To go on without the native addon, on stock tfjs (very much slower): set UNNAS_NATIVE=off.';

export function ensureBuildTools({ say, stop }) {
  const missing = tools.filter((tool) => !tool.found());
  if (missing.length === 0) return;
  const names = missing.map((tool) => tool.what).join(' and ');
  const packages = missing.map((tool) => tool.package);
  if (!runs('apt-get'))
    stop(`${names} not found. Install ${packages.join(', ')} and run this again. ${WITHOUT}`);

  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const prefix = rootPrefix();
  const command = `apt-get update && ${install.join(' ')}`;
  if (!prefix) {
    stop(
      `${names} not found, and this user may not install system packages. Run\n\n    sudo sh -c '${command}'\n\nand then this again. ${WITHOUT}`,
    );
  }
  say(`${names} not found: installing ${packages.join(', ')}`);
  const asRoot = ([command, ...args]) =>
    spawnSync(prefix[0] ?? command, [...prefix.slice(1), ...(prefix.length ? [command] : []), ...args], {
      stdio: ['ignore', process.stderr, 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  asRoot(['apt-get', 'update', '-qq']); // old lists may still do
  if (!asRoot(install) || tools.some((tool) => !tool.found())) {
    stop(
      `${packages.join(', ')} could not be installed (see above). Run\n\n    ${command}\n\nand then this again. ${WITHOUT}`,
    );
  }
}

/** What to put before a command to run it as root: nothing, sudo where it asks for no password, or undefined: impossible. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return runs('sudo', ['-n', 'true']) ? ['sudo', '-n'] : undefined;
}
