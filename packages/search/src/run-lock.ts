import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { inputError } from '@unnas/random';

/** Who holds a run folder. `started` tells apart two processes that got the same number one after the other. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly started: string | null;
}

const NAME = 'run.lock';
let count = 0;

/**
 * Takes a run folder for this process, so that two processes never write into one. The lock of a process that is no more, killed
 * as it may be, is taken over.
 *
 * @returns what gives the folder back
 */
export function lockRun(folder: string): () => void {
  const path = join(folder, NAME);
  const own = `${path}.${process.pid}.${++count}`;
  const me: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  writeFileSync(own, `${JSON.stringify(me)}\n`);
  try {
    for (let tries = 0; ; tries++) {
      try {
        place(own, path);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === 3) throw error;
        removeIfAbandoned(path, folder);
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(path, { force: true });
}

/** Puts a file at `path` as well, unless there is one. A link appears with all of its content; not every file system has links. */
function place(file: string, path: string): void {
  try {
    linkSync(file, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(file, path, constants.COPYFILE_EXCL);
  }
}

/** Removes the lock of a process that has ended; throws an input error if its owner may be alive. */
function removeIfAbandoned(path: string, folder: string): void {
  let owner: Partial<Owner>;
  try {
    owner = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw inputError(`the lock ${path} cannot be read; if no other process uses ${folder}, delete it`, {
      cause: error,
    });
  }
  if (owner.host !== hostname()) {
    throw inputError(
      `${folder} is in use by process ${owner.pid} on ${owner.host}; if that has ended, delete ${path}`,
    );
  }
  if (isAlive(owner)) throw inputError(`${folder} is in use by process ${owner.pid}`);
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(aside, { force: true });
}

function isAlive({ pid, started }: Partial<Owner>): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error means that there is a process, which we may not signal.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return now === null || started === null || now === started;
}

/** When a process was started, as a text to compare: boot and clock ticks since boot. Null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in brackets and may hold blanks; the start is field 22 of the line.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot}:${ticks}`;
  } catch {
    return null;
  }
}
