import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// The addon holds code for several instruction sets, and what an old machine runs must be baseline code only. Two ways
// lead elsewhere: an inline function that the linker takes from the object of a newer set, because the name is the same
// everywhere, and what runs when the addon is loaded, before any choice is made.

const build = fileURLToPath(new URL('../build', import.meta.url));
const folder = (isa: string) => join(build, `CMakeFiles/unnas_ops_${isa}.dir/ops`);
const objects = (isa: string) =>
  readdirSync(folder(isa), { encoding: 'utf8' })
    .filter((name) => name.endsWith('.o'))
    .map((name) => join(folder(isa), name));

function lines(command: string, ...args: string[]): string[] {
  const { stdout, status, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.split('\n');
}

const hasBinutils = !spawnSync('nm', ['--version']).error && !spawnSync('objdump', ['--version']).error;

const isas = ['avx2', 'avx512'].filter((isa) => hasBinutils && existsSync(folder(isa)));
it.skipIf(isas.length > 0)(
  'has nothing to look at: no binutils, no x86, or no build on this machine',
  () => {},
);

describe.each(isas)('code for %s', (isa) => {
  it('shares no function with the rest of the addon', () => {
    const shared = objects(isa)
      .flatMap((object) => lines('nm', '--demangle', '--defined-only', object))
      .filter((line) => /^[0-9a-f]+ [uvVwW] /.test(line))
      .map((line) => line.replace(/^\S+ \S+ /, ''))
      .filter((symbol) => !symbol.includes(`unnas::${isa}::`) && !symbol.startsWith('DW.ref.'));
    expect(shared).toEqual([]);
  });

  it('registers its kernels without an instruction of its own', () => {
    let checked = 0;
    for (const object of objects(isa)) {
      // A file with no kernel of its own registers nothing.
      if (!lines('objdump', '--section-headers', object).some((line) => line.includes('.text.startup')))
        continue;
      const text = lines('objdump', '--disassemble', '--no-show-raw-insn', '--section=.text.startup', object);
      const code = text.filter((line) => /^\s+[0-9a-f]+:/.test(line));
      checked += code.length;
      expect(code.filter((line) => /%[xyz]mm|%k[0-7]/.test(line))).toEqual([]);
    }
    expect(checked).toBeGreaterThan(objects(isa).length);
  });
});
