import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inputError } from '@unnas/random';
import { fileError } from './file-error.ts';
import { IMAGENET_STATISTICS } from './imagenet.ts';
import { labeled } from './labeled.ts';
import { type OnDemandOptions, picturesOnDemand } from './on-demand.ts';
import type { LabeledImages } from './picture.ts';

export interface ImageNet22kOptions extends OnDemandOptions {
  /** The text file that lists the pictures; by default `imagenet-22k.txt` in the folder or beside it. */
  readonly list?: string;
}

/** The list of the pictures of ImageNet-22K that belongs to a folder, if it is there. */
export function imageNet22kList(folder: string): string | undefined {
  return [join(folder, NAME), join(dirname(folder), NAME)].find((path) => existsSync(path));
}

const NAME = 'imagenet-22k.txt';

/**
 * ImageNet-22K: `folder` holds `n########/<file>`, and a text file lists the pictures, a name `n########_<k>.JPEG` a line. The class of
 * a picture is what stands before the `_`, its label the position of that among all of them, sorted. Pictures keep the order of
 * the list.
 *
 * The 14 million names stay in memory as the text of the list (about 300 MB, and 8 bytes a name). Pictures keep their own sizes and are
 * decoded when asked for (see `OnDemandOptions`). Throws an input error for a line that names no picture, and for a list of which
 * no picture is there.
 */
export async function imageNet22k(folder: string, options: ImageNet22kOptions = {}): Promise<LabeledImages> {
  const path = options.list ?? imageNet22kList(folder);
  if (path === undefined) {
    throw inputError(
      `ImageNet-22K needs the list of its pictures, a name n########_<k>.JPEG a line: expected it in ${join(folder, NAME)}, or beside ${folder}, or named by the option list`,
    );
  }
  const text = await readFile(path).catch((error) => {
    throw inputError(`cannot read the list ${path}: ${fileError(error)}`, { cause: error });
  });
  const { starts, labels, classes } = readList(text, path);
  const { length } = labels;
  const fileOf = (index: number) => {
    const start = starts[index]!;
    return `${classes[labels[index]!]}/${text.toString('utf8', start, endOfLine(text, start))}`;
  };
  await checkThere(folder, length, fileOf, path);
  const about = { ...IMAGENET_STATISTICS, name: 'ImageNet-22K', preparation: 'imagenet', folder } as const;
  return labeled(picturesOnDemand({ ...about, length, fileOf }, options), labels, classes);
}

interface List {
  /** Position of the first byte of each name. */
  readonly starts: Uint32Array;
  readonly labels: Int32Array;
  readonly classes: string[];
}

const NEWLINE = 10;
const RETURN = 13;
const UNDERSCORE = 95;

/** One past the last byte of the line from `start` on, without what ends it. */
function endOfLine(text: Buffer, start: number): number {
  const newline = text.indexOf(NEWLINE, start);
  const end = newline < 0 ? text.length : newline;
  return end > start && text[end - 1] === RETURN ? end - 1 : end;
}

function readList(text: Buffer, path: string): List {
  if (text.length >= 2 ** 32) throw inputError(`the list ${path} is larger than 4 GiB`);
  const lines = countLines(text);
  const starts = new Uint32Array(lines);
  const labels = new Int32Array(lines);
  const numbers = new Map<string, number>();
  let count = 0;
  let last: { name: Buffer; number: number } = { name: Buffer.alloc(0), number: -1 };
  for (let start = 0; start < text.length; start = text.indexOf(NEWLINE, start) + 1 || text.length) {
    const end = endOfLine(text, start);
    if (end === start) continue;
    // Most lines are of the class of the line before.
    if (!beginsWith(text, start, last.name)) {
      const name = text.subarray(start, Math.max(start, text.indexOf(UNDERSCORE, start)));
      const one = name.toString('latin1');
      if (!/^n\d{1,20}$/.test(one)) throw noName(text, start, path);
      last = {
        name: text.subarray(start, start + name.length + 1),
        number: numbers.get(one) ?? numbers.size,
      };
      numbers.set(one, last.number);
    }
    starts[count] = start;
    labels[count++] = last.number;
  }
  if (count === 0) throw inputError(`the list ${path} is empty, expected a name of a picture a line`);
  // A name leads to no other folder.
  const slash = text.indexOf('/');
  if (slash >= 0) throw noName(text, slash === 0 ? 0 : text.lastIndexOf(NEWLINE, slash) + 1, path);
  const classes = [...numbers.keys()].sort();
  const positions = new Int32Array(classes.length);
  for (const [position, name] of classes.entries()) positions[numbers.get(name)!] = position;
  for (let i = 0; i < count; i++) labels[i] = positions[labels[i]!]!;
  return { starts: starts.subarray(0, count), labels: labels.subarray(0, count), classes };
}

function countLines(text: Uint8Array): number {
  let lines = 1;
  for (let i = 0; i < text.length; i++) if (text[i] === NEWLINE) lines++;
  return lines;
}

/** Whether the text has these bytes there; never for no bytes. */
function beginsWith(text: Uint8Array, start: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (text[start + i] !== bytes[i]) return false;
  return bytes.length > 0;
}

function noName(text: Buffer, start: number, path: string): Error {
  const shown = text.toString('utf8', start, Math.min(endOfLine(text, start), start + 60));
  return inputError(
    `line ${countLines(text.subarray(0, start))} of the list ${path} is '${shown}', expected the name of a picture: n########_<k>.JPEG`,
  );
}

/** Looks for a few pictures of the list, so that a list of other pictures is told from files that are broken. */
async function checkThere(folder: string, length: number, fileOf: (index: number) => string, path: string) {
  const tried = Math.min(16, length);
  const some = Array.from({ length: tried }, (_, i) => Math.floor((i * length) / tried));
  const found = await Promise.all(
    some.map((index) =>
      stat(join(folder, fileOf(index))).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!found.includes(true)) {
    throw inputError(
      `${folder} holds none of ${tried} pictures that the list ${path} names, such as ${fileOf(0)}`,
    );
  }
}
