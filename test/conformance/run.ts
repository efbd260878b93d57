// Runs tfjs-core's own specs on stock tfjs and on the native backend, and prints the two side by side. Ends with 1 if a spec
// passes on stock tfjs and fails on the native backend.
import { addonStatus } from '@unnas/native';
import { conformance } from './conformance.ts';
import { count } from './outcomes.ts';

const addon = addonStatus();
if (!addon.loaded) {
  console.error(
    `conformance: the native addon is not loaded (${addon.reason}); build it with: node native/build.mjs`,
  );
  process.exit(1);
}
const { stock, native, regressions } = await conformance();
const line = (what: string, a: number | string, b: number | string) =>
  console.log(`${what.padEnd(8)}${String(a).padStart(10)}${String(b).padStart(10)}`);
line('', 'stock', 'native');
line('passed', count(stock, 'passed'), count(native, 'passed'));
line('failed', count(stock, 'failed'), count(native, 'failed'));
// A few specs are for the backend `cpu` alone.
line('skipped', count(stock, 'pending'), count(native, 'pending') + (stock.size - native.size));
for (const [name, { status }] of stock) if (status === 'failed') console.log(`fails on stock: ${name}`);
for (const name of regressions)
  console.log(`fails on native only: ${name}\n  ${native.get(name)?.message ?? 'did not run'}`);
if (regressions.length === 0)
  console.log('every spec that passes on stock tfjs passes on the native backend');
process.exitCode = regressions.length === 0 ? 0 : 1;
