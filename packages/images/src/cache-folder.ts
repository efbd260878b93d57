import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for what can be made again: `$UNNAS_CACHE`, else `unnas` in `$XDG_CACHE_HOME`, else `~/.cache/unnas`.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.UNNAS_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'unnas');
}
