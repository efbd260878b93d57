// `npm run bench`: what the native backend does, beside others, in turns. See README.md for how to read the numbers.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { addonStatus, registerNativeBackend, setThreads } from '@unnas/native';
import { againstPyTorch, againstStock, type Comparison, gibibytes } from './comparisons.ts';
import { kernelRates } from './fused-ops.ts';
import { memoryOverSteps } from './memory.ts';
import { DARTS_CIFAR10 } from './supernet-step.ts';
import { machine } from './timing.ts';

const USAGE = `npm run bench -- [PART ...] [options]

Parts (all but stock by default):
  pytorch   the weight step of the supernet, native and PyTorch in turns
  kernels   every fused kernel at CIFAR sizes: GB/s and GFLOP/s
  memory    tensors and resident memory over 20 steps
  stock     the weight step, native and tfjs's own cpu backend: minutes

Options:
  --batch N      pictures in a batch (16; for stock tfjs always 1)
  --turns N      turns of each contender (5; for stock 1)
  --threads N    threads of each contender (2)
  --seed N       of weights and pictures (0)
  --nchw         PyTorch in its own layout too, not only in the faster channels_last
  --json FILE    write the numbers there
`;

const PARTS = ['pytorch', 'kernels', 'memory', 'stock'] as const;
type Part = (typeof PARTS)[number];

function stop(why: string): never {
  console.error(`unnas: ${why}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        batch: { type: 'string', default: '16' },
        turns: { type: 'string', default: '5' },
        threads: { type: 'string', default: '2' },
        seed: { type: 'string', default: '0' },
        nchw: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const strange = positionals.find((part) => !PARTS.includes(part as Part));
    if (strange !== undefined) stop(`no such part '${strange}'`);
    const count = (name: 'batch' | 'turns' | 'threads' | 'seed', least = 1) => {
      const number = Number(values[name]);
      if (!Number.isSafeInteger(number) || number < least)
        stop(`--${name} is a whole number from ${least} on, got ${values[name]}`);
      return number;
    };
    return {
      parts: (positionals.length > 0 ? positionals : PARTS.filter((part) => part !== 'stock')) as Part[],
      batch: count('batch'),
      turns: count('turns'),
      threads: count('threads'),
      seed: count('seed', 0),
      nchw: values.nchw,
      json: values.json,
      help: values.help,
    };
  } catch (error) {
    return stop((error as Error).message);
  }
}

function printComparison(title: string, { timings, ratios, notes }: Comparison): void {
  console.log(`\n${title}`);
  console.table(
    Object.fromEntries(
      timings.map(({ name, images, median, best }) => [
        name,
        {
          batch: images,
          'median ms': round(median),
          'best ms': round(best),
          'images/s': round((1e3 * images) / median),
          'faster an image by': name in ratios ? round(ratios[name]!) : '',
        },
      ]),
    ),
  );
  if (Object.keys(notes).length > 0)
    console.log(
      Object.entries(notes)
        .map(([name, value]) => `${name}: ${value}`)
        .join(', '),
    );
}

const round = (value: number): number => Number(value.toPrecision(4));

async function main(): Promise<void> {
  const { parts, batch, turns, threads, seed, nchw, json, help } = readOptions();
  if (help) return void console.log(USAGE);
  if (!(await registerNativeBackend())) {
    const status = addonStatus();
    console.error(`unnas: the native backend is not there: ${status.loaded ? '' : status.reason}`);
    process.exitCode = 1;
    return;
  }
  await tf.setBackend('native');
  setThreads(threads);
  const status = addonStatus();
  const results: Record<string, unknown> = {
    machine: machine(),
    addon: status,
    command: process.argv.slice(2).join(' '),
    seed,
  };
  console.log(JSON.stringify(results.machine), status.loaded ? status.isa : '');

  const options = { ...DARTS_CIFAR10, batch, seed };
  for (const part of parts) {
    if (part === 'pytorch') {
      const layouts = nchw ? (['channels_last', 'NCHW'] as const) : (['channels_last'] as const);
      const comparison = await againstPyTorch(options, { layouts, turns, threads });
      results.pytorch = comparison;
      if (comparison) printComparison('weight step of the supernet', comparison);
      else console.log('\nno Python with PyTorch on this machine (apt-get install python3-torch): left out');
    } else if (part === 'kernels') {
      const rates = kernelRates({ batch, turns: Math.max(turns, 9) });
      results.kernels = rates;
      console.log(`\nfused kernels, batch ${batch}`);
      console.table(
        rates.map(({ name, size, milliseconds, gigabytesPerSecond, gigaflopsPerSecond }) => ({
          kernel: name,
          size,
          ms: round(milliseconds),
          'GB/s': round(gigabytesPerSecond),
          'GFLOP/s': gigaflopsPerSecond === undefined ? '' : round(gigaflopsPerSecond),
        })),
      );
    } else if (part === 'memory') {
      const memory = await memoryOverSteps(options, 20);
      results.memory = memory;
      console.log(`\nmemory over 20 steps, batch ${batch}: ${memory.grows ? 'GROWS' : 'constant'}`);
      console.log(`tensors ${memory.tensors.join(' ')}`);
      console.log(
        `resident GiB ${memory.residentBytes.map(gibibytes).join(' ')}, peak ${gibibytes(memory.peakBytes)}`,
      );
      if (memory.grows) process.exitCode = 1;
    } else {
      const comparison = await againstStock(options, 1);
      results.stock = comparison;
      printComparison('weight step of the supernet', comparison);
    }
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
}

await main();
