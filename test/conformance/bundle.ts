import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

export type BackendName = 'cpu' | 'native';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);

/**
 * Puts tfjs-core's specs and a backend into one CommonJS file in `folder`, and gives its path. The published specs are
 * modules without file endings, which Node itself cannot load; and all must share one copy of tfjs-core.
 */
export async function bundle(backend: BackendName, folder: string): Promise<string> {
  const outfile = join(folder, `${backend}.cjs`);
  const registration =
    backend === 'native'
      ? `import { registerNativeBackend } from '@unnas/native'; registerNativeBackend();`
      : `import '@tensorflow/tfjs';`;
  // Imports are hoisted, so what must have run before the specs are loaded is a module of its own.
  const environment = `
    ${registration}
    import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
    import '@tensorflow/tfjs-core/dist/register_all_gradients';
    import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
    setTestEnvs([{ name: 'backend', backendName: '${backend}', isDataSync: true }]);`;
  await build({
    stdin: {
      contents: `import 'unnas:environment'; import '@tensorflow/tfjs-core/dist/tests';`,
      resolveDir: here,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    conditions: ['unnas-source'],
    // The spec modules export nothing, and tfjs-core's package.json calls such modules free of side effects.
    ignoreAnnotations: true,
    logLevel: 'error',
    plugins: [virtualModule('unnas:environment', environment), jasmineCore, ownUrls],
  });
  return outfile;
}

const virtualModule = (name: string, contents: string): Plugin => ({
  name: 'virtual module',
  setup(context) {
    context.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: 'virtual' }));
    context.onLoad({ filter: /.*/, namespace: 'virtual' }, () => ({ contents, resolveDir: here }));
  },
});

/** Jasmine stays outside of the bundle, and is found wherever the bundle lies. */
const jasmineCore: Plugin = {
  name: 'jasmine-core',
  setup(context) {
    context.onResolve({ filter: /^jasmine-core/ }, ({ path }) => ({
      path: require.resolve(path),
      external: true,
    }));
  },
};

/** In a bundle our modules still know the folder they come from: the addon lies beside them. */
const ownUrls: Plugin = {
  name: 'own URLs',
  setup(context) {
    context.onLoad({ filter: /\/native\/(dist\/)?[^/]*\.[jt]s$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }));
  },
};
