import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
}

type Names = Readonly<Record<string, string>>;
interface Manifest {
  readonly name: string;
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly peerDependencies?: Names;
  readonly devDependencies?: Names;
}

const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** The packages that are published, by the names that the table has. */
const packages = new Map(
  [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), 'native']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder): [string, Package] => {
      const manifest = readJson(join(root, folder, 'package.json')) as Manifest;
      return [shortName(manifest.name), { folder: join(root, folder), manifest }];
    }),
);
const rootManifest = readJson(join(root, 'package.json')) as Manifest;

/** What each package may import, as the page says. */
const table = new Map(
  [...page.matchAll(/^\| `([a-z]+)` +\|[^|]+\|([^|]+)\|$/gm)].map(([, name, list]): [string, string[]] => [
    name!,
    list!.trim() === 'nothing' ? [] : list!.split(',').map((item) => item.trim()),
  ]),
);

function shortName(name: string): string {
  return name.startsWith('@tensorflow/') ? 'tfjs' : name.replace('@unnas/', '');
}

/** Names of other packages that a package needs to run. */
function needs({ dependencies, optionalDependencies, peerDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

/** Those that the table is about. */
function needsOfTable(manifest: Manifest): string[] {
  const names = needs(manifest).filter((name) => /^(@unnas\/|@tensorflow\/|unnas$)/.test(name));
  return [...new Set(names.map(shortName))].sort();
}

describe('the table of packages', () => {
  it('has a row for each package and no other', () => {
    expect([...table.keys()].sort()).toEqual([...packages.keys()].sort());
  });

  it.each([...packages])('agrees with the package.json of %s', (name, { manifest }) => {
    expect(needsOfTable(manifest)).toEqual([...(table.get(name) ?? [])].sort());
  });

  it('has no circle', () => {
    const done = new Set(['tfjs']);
    for (let before = -1; before !== done.size; ) {
      before = done.size;
      for (const [name, list] of table) if (list.every((item) => done.has(item))) done.add(name);
    }
    expect([...table.keys()].filter((name) => !done.has(name))).toEqual([]);
  });

  it.each([...packages])('agrees with the project references of %s', (_, { folder, manifest }) => {
    const references = (readJson(join(folder, 'tsconfig.json')).references ?? []) as { path: string }[];
    const referred = references.map(({ path }) =>
      shortName(readJson(join(folder, path, 'package.json')).name),
    );
    expect(referred.sort()).toEqual(needsOfTable(manifest).filter((name) => name !== 'tfjs'));
  });
});

/** Files with code below a folder. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'dist', 'build'].includes(entry.name) ? [] : sources(path);
    return /\.(ts|mts|js|mjs)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** What a file imports, statically or not; what is computed at run time is not seen. */
function importsOf(path: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null) {
      const { source } = value as { source?: { type?: string; value?: unknown } | null };
      if (source?.type === 'Literal' && typeof source.value === 'string') found.push(source.value);
      for (const part of Object.values(value)) visit(part);
    }
  };
  visit(parseAst(readFileSync(path, 'utf8'), { lang: 'ts' }));
  return found;
}

const isOfTests = (path: string) => /\.test\.ts$/.test(path) || /[\\/](fixtures|testing)[\\/]/.test(path);
const packageOf = (name: string) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

describe('imports', () => {
  it.each([...packages])('of %s stay within what it declares', (_, { folder, manifest }) => {
    const files = sources(folder);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((file) => {
      const allowed = new Set(needs(manifest));
      if (isOfTests(file)) {
        for (const name of Object.keys({ ...manifest.devDependencies, ...rootManifest.devDependencies }))
          allowed.add(name);
      }
      return importsOf(file)
        .filter((name) => !fine(name, file, folder, allowed))
        .map((name) => `${relative(root, file)} imports ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  /** A relative import stays in the package, and what is published needs nothing of the tests. */
  function fine(name: string, file: string, folder: string, allowed: ReadonlySet<string>): boolean {
    if (name.startsWith('node:')) return true;
    if (!name.startsWith('.')) return allowed.has(packageOf(name));
    const target = resolve(dirname(file), name);
    return target.startsWith(folder + sep) && existsSync(target) && (isOfTests(file) || !isOfTests(target));
  }

  it('are seen in all their forms', () => {
    const seen = packages.get('unnas')!;
    const all = sources(seen.folder).flatMap(importsOf);
    // One that is for types only, one that is re-exported, one that is loaded when it is needed.
    expect(all).toContain('@unnas/search');
    expect(all).toContain('@unnas/genotype');
    expect(all).toContain('./commands/search.ts');
  });
});

describe.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s', (name) => {
  it('names files that are there', () => {
    const text = readFileSync(join(root, name), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path!);
    const quoted = [...text.matchAll(/\b(?:packages|native|test|scripts)\/[\w./-]*\w/g)].map(
      ([path]) => path,
    );
    const paths = [...new Set([...links, ...quoted])].filter((path) => !path.includes('NAME'));
    expect(paths.length).toBeGreaterThan(1);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
