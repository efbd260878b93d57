import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { formatGenotype, type Genotype, parseGenotype } from '@unnas/genotype';
import { writeFileAtomic } from '@unnas/images';
import { inputError } from '@unnas/random';

import { type Baseline, checkBaseline } from './baseline.ts';
import { type EpochRecord, isRecord } from './epoch-record.ts';
import { checkConfig, type RunConfig } from './run-config.ts';
import { lockRun } from './run-lock.ts';

const CONFIG = 'config.json';
const LOG = 'log.jsonl';
const GENOTYPE = 'genotype.json';
const CHECKPOINT = 'checkpoint.safetensors';
const BASELINE = 'baseline.json';

/**
 * The folder of a run, held by this process alone:
 *
 *     config.json              all settings, the data, versions; written first, never changed
 *     log.jsonl                one record a line, one line a round
 *     genotype.json            the cell of the last round
 *     checkpoint.safetensors   where the run is, and everything that it needs to go on
 *
 * Every file is replaced as a whole or not at all, and the log is written before the checkpoint: after a crash at any instant the
 * checkpoint is a good one and the log has at least its lines.
 */
export class RunFolder {
  readonly path: string;
  readonly config: RunConfig;
  readonly #unlock: () => void;
  /** Whether the folder itself is there since this run. */
  readonly #made: boolean;

  private constructor(path: string, config: RunConfig, unlock: () => void, made: boolean) {
    this.path = path;
    this.config = config;
    this.#unlock = unlock;
    this.#made = made;
  }

  /** Makes the folder of a new run. It appears with its `config.json` in it, or not at all. */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    checkFresh(path);
    const existed = existsSync(path);
    const made = existed ? path : `${resolve(path)}.${process.pid}.new`;
    let unlock: (() => void) | undefined;
    try {
      mkdirSync(dirname(made), { recursive: true });
      // On a read-only disk the recursive call says that the folder is not there; this one says why.
      if (!existed) mkdirSync(made);
      unlock = lockRun(made);
      await writeFileAtomic(join(made, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
      if (!existed) {
        renameSync(made, path);
        // The lock has moved along with the folder.
        unlock = () => rmSync(join(path, 'run.lock'), { force: true });
      }
    } catch (cause) {
      unlock?.();
      if (!existed) rmSync(made, { recursive: true, force: true });
      throw unwritable(path, cause);
    }
    return new RunFolder(path, config, unlock, !existed);
  }

  /** Takes the folder of a run that was begun before. */
  static open(path: string): RunFolder {
    const config = readConfig(path);
    let unlock: () => void;
    try {
      unlock = lockRun(path);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    for (const file of readdirSync(path)) {
      if (LEFT_OVER.test(file)) rmSync(join(path, file), { force: true });
    }
    return new RunFolder(path, config, unlock, false);
  }

  close(): void {
    this.#unlock();
  }

  /** Takes back what `create` did, for a run that came to nothing. */
  discard(): void {
    rmSync(join(this.path, CONFIG), { force: true });
    this.close();
    if (this.#made) rmdirSync(this.path);
  }

  async writeRecords(records: readonly EpochRecord[]): Promise<void> {
    await this.#write(LOG, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  async writeGenotype(genotype: Genotype): Promise<void> {
    await this.#write(GENOTYPE, `${formatGenotype(genotype)}\n`);
  }

  async writeCheckpoint(bytes: Uint8Array): Promise<void> {
    await this.#write(CHECKPOINT, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  async #write(name: string, content: string | Buffer): Promise<void> {
    await writeWhole(join(this.path, name), content);
  }
}

/** Writes the outcome of a comparison into the folder of the run that was compared, and gives its path. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<string> {
  const file = join(path, BASELINE);
  await writeWhole(file, `${JSON.stringify(baseline, null, 2)}\n`);
  return file;
}

async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  try {
    await writeFileAtomic(path, content);
  } catch (cause) {
    throw inputError(
      `cannot write ${path}: ${reason(cause)}; the run as it was last saved is whole, and can go on from there`,
      { cause },
    );
  }
}

/** Temporary files that a killed process can leave. */
const LEFT_OVER =
  /^((config\.json|log\.jsonl|genotype\.json|checkpoint\.safetensors|baseline\.json)\.\d+|run\.lock\..+)$/;

/** Throws an input error unless a new run can be made at `path`: there is nothing yet, or an empty folder. */
export function checkFresh(path: string): void {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory())
      throw inputError(`${path} is a file, expected a new or an empty folder`);
    if (existsSync(join(path, CONFIG))) {
      throw inputError(`${path} holds a run already; resume that run, or name another folder for a new one`);
    }
    if (readdirSync(path).length > 0) {
      throw inputError(`${path} is not empty; a new run needs a new or an empty folder`);
    }
    return;
  }
  for (let parent = dirname(resolve(path)); ; parent = dirname(parent)) {
    if (!existsSync(parent)) continue;
    if (!statSync(parent).isDirectory()) throw inputError(`cannot make ${path}: ${parent} is a file`);
    return;
  }
}

/** What a run was begun with. Throws an input error where `path` holds no run, or one of another version. */
export function readConfig(path: string): RunConfig {
  const text = readText(path, CONFIG);
  if (text === undefined) throw inputError(`${path} holds no run: there is no ${CONFIG} in it`);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw inputError(`${join(path, CONFIG)} is damaged: it is not JSON`, { cause });
  }
  return checkConfig(config, join(path, CONFIG));
}

/** The records of the rounds that have ended. */
export function readRecords(path: string): EpochRecord[] {
  const lines = (readText(path, LOG) ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line, i) => {
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch (cause) {
      throw inputError(`${join(path, LOG)} is damaged: line ${i + 1} is not JSON`, { cause });
    }
    if (isRecord(record)) return record;
    throw inputError(`${join(path, LOG)} is damaged: line ${i + 1} is no record of an epoch`);
  });
}

/** The cell that a run has found so far, if it has found one. */
export function readGenotype(path: string): Genotype | undefined {
  const text = readText(path, GENOTYPE);
  if (text === undefined) return undefined;
  try {
    return parseGenotype(text);
  } catch (cause) {
    throw inputError(`${join(path, GENOTYPE)} is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** The outcome of the comparison of a run with random architectures, if it was made. */
export function readBaseline(path: string): Baseline | undefined {
  const text = readText(path, BASELINE);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw inputError(`${join(path, BASELINE)} is damaged: it is not JSON`, { cause });
  }
  return checkBaseline(value, join(path, BASELINE));
}

/** Whether there is a run at `path`. */
export function holdsRun(path: string): boolean {
  return existsSync(join(path, CONFIG));
}

/** The bytes of the checkpoint, if there is one yet. */
export function readCheckpointFile(path: string): Uint8Array | undefined {
  return reading(join(path, CHECKPOINT), (file) => readFileSync(file));
}

export function checkpointPath(path: string): string {
  return join(path, CHECKPOINT);
}

function readText(folder: string, name: string): string | undefined {
  return reading(join(folder, name), (file) => readFileSync(file, 'utf8'));
}

function reading<T>(path: string, read: (path: string) => T): T | undefined {
  try {
    return read(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw inputError(`cannot read ${path}: ${reason(cause)}`, { cause });
  }
}

function unwritable(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code === undefined) return cause;
  return inputError(`cannot write into ${path}: ${reason(cause)}`, { cause });
}

/** Why the file system refused, in words. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return 'writing or reading is not allowed there';
    case 'EFBIG':
      return 'the file would be larger than is allowed';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOENT':
      return 'the folder is gone';
    default:
      return message;
  }
}
