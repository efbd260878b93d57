import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInputError } from '@unnas/random';
import { beforeEach, describe, expect, it } from 'vitest';
import { lockRun } from './run-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unnas-lock-'));
});

const lockFile = () => join(folder, 'run.lock');

function refusal(): string {
  try {
    lockRun(folder)();
  } catch (error) {
    expect(isInputError(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error('the folder was not locked');
}

describe('the lock of a run folder', () => {
  it('is held once at a time, and leaves nothing behind', () => {
    const unlock = lockRun(folder);
    expect(refusal()).toBe(`${folder} is in use by process ${process.pid}`);
    unlock();
    lockRun(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps out another process while its owner lives, and not after its owner was killed', async () => {
    const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const mine = lockRun(folder);
    const text = JSON.parse(readFileSync(lockFile(), 'utf8'));
    mine();
    writeFileSync(lockFile(), JSON.stringify({ ...text, pid: owner.pid, started: null }));
    expect(refusal()).toBe(`${folder} is in use by process ${owner.pid}`);
    const ended = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await ended;
    lockRun(folder)();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('is not fooled by a later process of the same number', () => {
    const gone = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(lockFile(), JSON.stringify({ pid: gone.pid, host: hostname(), started: null }));
    lockRun(folder)();
    // This process, but said to have started at another time.
    writeFileSync(lockFile(), JSON.stringify({ pid: process.pid, host: hostname(), started: 'boot:1' }));
    if (existsSync('/proc/self/stat')) lockRun(folder)();
  });

  it('says which file to delete where it cannot know', () => {
    writeFileSync(lockFile(), JSON.stringify({ pid: 1, host: 'another-machine', started: null }));
    expect(refusal()).toBe(
      `${folder} is in use by process 1 on another-machine; if that has ended, delete ${lockFile()}`,
    );
    writeFileSync(lockFile(), '');
    expect(refusal()).toContain(`delete it`);
  });
});
