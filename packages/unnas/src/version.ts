import { createRequire } from 'node:module';

/** The version of this package. package.json lies one folder above both the sources and the compiled files. */
export const version: string = (createRequire(import.meta.url)('../package.json') as { version: string })
  .version;
