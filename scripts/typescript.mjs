// `node --import ./scripts/typescript.mjs file.ts`: runs TypeScript sources on every Node we support (Node 20 cannot strip
// types by itself). Types are taken off, not checked.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
