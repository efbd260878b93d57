// `npm run bench`: what the native backend does, beside others, in turns. See README.md for how to read the numbers.
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type BenchReport,
  baselineLines,
  baselineRows,
  benchPage,
  benchReport,
  kernelLines,
  machine,
  measureKernels,
  parseReport,
  type StepComparison,
  type TrainingStepOptions,
} from '@unnas/bench';
import { publishedGenotypes } from '@unnas/genotype';
import { addonStatus, registerNativeBackend, setThreads } from '@unnas/native';
import { compareOps } from './compare-ops.ts';
import { compareSteps, ownStep, peers } from './compare-steps.ts';
import { memoryOverSteps } from './memory.ts';
import { type BenchmarkOptions, type Part, readOptions, USAGE } from './options.ts';
import { precision } from './precision.ts';
import { printComparison, printOps, printPrecision, printScaling, printTransforms } from './print.ts';
import { findPython } from './pytorch.ts';
import { scaling } from './scaling.ts';
import { compareTransforms } from './transforms.ts';

/** What the parts of a run leave behind. */
type Results = { -readonly [K in keyof BenchReport]?: BenchReport[K] };

const say = (text: string) => console.error(`  ${text}`);

/** The supernet of DARTS as it is searched on CIFAR-10. */
function supernetOptions({ batch = 16, seed }: BenchmarkOptions): TrainingStepOptions {
  return { kind: 'weight', cells: 8, channels: 16, stem: 'cifar', classes: 10, size: 32, batch, seed };
}

const parts: Readonly<Record<Part, (asked: BenchmarkOptions, results: Results) => Promise<void>>> = {
  async steps(asked, results) {
    for (const kind of asked.kinds) {
      const options = { ...supernetOptions(asked), kind };
      await compare(asked, results, { title: `${kind} step of the supernet`, network: 'supernet', options });
    }
  },
  async derived(asked, results) {
    const options = {
      ...supernetOptions({ ...asked, batch: asked.batch ?? 32 }),
      ...{ cells: 20, channels: 36, genotype: publishedGenotypes.darts_v2 },
    };
    await compare(asked, results, { title: 'training step of DARTS_V2', network: 'darts_v2', options });
  },
  async kinds(asked, results) {
    const { turns = 5, warmup, threads } = asked;
    const options = supernetOptions(asked);
    const commands = (['weight', 'alpha', 'second-order'] as const).map((kind) => ({
      ...ownStep(`native, ${kind}`, { ...options, kind, backend: 'native', threads }),
      kind,
    }));
    const named = { title: 'kinds of steps of the supernet', network: 'supernet', options };
    add(results, await compareSteps({ ...named, threads, turns, warmup, commands, onSay: say }));
  },
  /** Stock tfjs takes about a minute an image whatever the batch: it gets one image, and few turns. */
  async stock(asked, results) {
    const { turns = 1, threads } = asked;
    const options = supernetOptions(asked);
    const own = (name: string, backend: 'native' | 'cpu', batch: number) =>
      ownStep(name, { ...options, batch, backend, threads });
    const commands = [
      own('native', 'native', options.batch),
      own('native, one image', 'native', 1),
      own('stock tfjs cpu, one image', 'cpu', 1),
    ];
    const named = { title: 'weight step of the supernet beside stock tfjs', network: 'supernet', options };
    add(results, await compareSteps({ ...named, threads, turns, warmup: 1, commands, onSay: say }));
  },
  async ops({ batch = 4, turns = 3 }, results) {
    results.ops = await compareOps({ batch, turns });
    printOps(results.ops);
  },
  async kernels({ batch = 64, turns = 9 }, results) {
    results.kernels = await measureKernels({ batch, turns });
    console.log(`\nfused kernels, batch ${batch}\n${kernelLines(results.kernels).join('\n')}`);
  },
  async transforms({ turns = 9, warmup, threads, python }, results) {
    const asked = { turns, warmup, threads, ...(python === undefined ? {} : { python }) };
    results.transforms = await compareTransforms({ ...asked, onSay: say });
    printTransforms(results.transforms);
  },
  async scaling({ batch = 16, turns = 3, seed }, results) {
    results.scaling = await scaling({ batch, turns, seed, onSay: say });
    printScaling(results.scaling);
  },
  async precision({ batch = 64, turns = 3, seed, threads }, results) {
    results.precision = await precision({ batch, turns, seed, threads, onSay: say });
    printPrecision(results.precision);
  },
  async memory(asked) {
    const memory = await memoryOverSteps(supernetOptions(asked), 20);
    console.log(`\nmemory over 20 steps: ${memory.grows ? 'GROWS' : 'constant'}`);
    console.log(`tensors ${memory.tensors.join(' ')}`);
    console.log(`resident MiB ${memory.residentMiB.join(' ')}, peak ${memory.peakResidentMiB}`);
    if (memory.grows) process.exitCode = 1;
  },
};

/** Native and all peers there are. */
async function compare(
  asked: BenchmarkOptions,
  results: Results,
  named: { title: string; network: string; options: TrainingStepOptions },
): Promise<void> {
  const { turns = 5, warmup, threads, nchw } = asked;
  const python = findPython(asked.python === undefined ? undefined : [asked.python]);
  if (python === undefined) say('no Python with PyTorch on this machine (apt-get install python3-torch)');
  else say(`PyTorch ${python.version} of ${python.command}`);
  const layouts = nchw ? (['channels_last', 'NCHW'] as const) : (['channels_last'] as const);
  const commands = [
    ownStep('native', { ...named.options, backend: 'native', threads }),
    ...peers(named.options, { threads, python, layouts }),
  ];
  add(results, await compareSteps({ ...named, threads, turns, warmup, commands, onSay: say }));
}

function add(results: Results, comparison: StepComparison): void {
  results.comparisons = [...(results.comparisons ?? []), comparison];
  printComparison(comparison);
}

function orStop<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`unnas: ${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const readBaseline = (file: string) => orStop(() => parseReport(readFileSync(file, 'utf8'), file));

async function main(args: readonly string[]): Promise<void> {
  const asked = orStop(() => readOptions(args));
  if (asked === undefined) return void console.log(USAGE);
  const baseline = asked.baseline === undefined ? undefined : readBaseline(asked.baseline);
  if (!(await registerNativeBackend())) {
    const status = addonStatus();
    console.error(`unnas: the native backend is not there: ${status.loaded ? '' : status.reason}`);
    process.exitCode = 1;
    return;
  }
  setThreads(asked.threads);
  const at = machine();
  console.log(
    `${at.processor}, ${at.cores} cores, ${at.memoryGiB} GiB, ${at.system}, Node ${at.node}, load ${at.load}`,
  );
  const results: Results = {};
  for (const part of asked.parts) await parts[part](asked, results);
  const command = `npm run bench -- ${args.join(' ')}`.trim();
  const report = benchReport({ command, machine: at, ...results });
  if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify(report, null, 2)}\n`);
  if (baseline !== undefined)
    console.log(`\nbeside ${asked.baseline}\n${baselineLines(baselineRows(report, baseline)).join('\n')}`);
  if (asked.html !== undefined) writeFileSync(asked.html, benchPage(report, baseline));
}

await main(process.argv.slice(2));
