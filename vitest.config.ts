import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests import the packages' TypeScript sources: they never wait for a build.
  resolve: { conditions: ['unnas-source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['unnas-source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'native/**/*.test.ts',
      'benchmarks/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/build/**'],
    reporters: ['default', './scripts/plain-reporter.mjs'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Each file gets a process of its own: tfjs keeps one global engine and backend.
    pool: 'forks',
  },
});
