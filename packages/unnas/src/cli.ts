#!/usr/bin/env node
import { main } from './main.ts';

// Where the reader of a pipe has gone (`unnas ... | head`), there is no one left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
