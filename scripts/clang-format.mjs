// Formats the C++ and CUDA sources in place; with --check only names what is wrong, and ends with 1 if anything is.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { files } from './fingerprint.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const clangFormat = createRequire(import.meta.url)('clang-format').getNativeBinary();
const sources = [...files(root)].filter((path) => /\.(cpp|h|cu|cuh)$/.test(path));
const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
const { status } = spawnSync(clangFormat, ['--style=file', ...mode, ...sources], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
