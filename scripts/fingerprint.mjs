// One hash over the contents of files, to tell whether anything has changed. Needs no git, and does not trust times.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Nothing in these is written by hand.
const MADE = new Set(['node_modules', 'dist', 'build', 'runs', 'coverage']);

/**
 * Hash of the paths and contents of all files under `root` whose path from there (with slashes) is one of `patterns`
 * (a string: the whole path) or matches one (a regular expression), and of further values that matter.
 */
export function fingerprint(root, patterns, ...values) {
  const hash = createHash('sha256').update(JSON.stringify([process.platform, process.arch, ...values]));
  for (const path of files(root)) {
    if (!patterns.some((pattern) => (typeof pattern === 'string' ? pattern === path : pattern.test(path))))
      continue;
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/** All files below a folder, in a fixed order; hidden folders and what tools make are left out. */
export function* files(root, folder = '') {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !MADE.has(entry.name) && !entry.name.startsWith('.'))
      yield* files(root, path);
  }
}
