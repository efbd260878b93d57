import { command, table } from '../command.ts';
import { type Diagnosis, diagnose } from '../diagnosis.ts';
import { flag } from '../options.ts';
import { noPositionals } from '../positionals.ts';

export const doctor = command({
  name: 'doctor',
  usage: '[--json]',
  summary:
    'Says what is built, which devices and instruction set there are, what is missing, and how to get it.',
  options: { json: flag('as one JSON line') },
  async run(_given, positionals, terminal) {
    noPositionals(positionals);
    const diagnosis = diagnose();
    terminal.event({ event: 'doctor', ...diagnosis });
    terminal.line(table(rows(diagnosis)));
    if (diagnosis.missing.length > 0) {
      terminal.line(`\n${terminal.style('bold', 'Not there:')}`);
      for (const { what, get } of diagnosis.missing) terminal.line(`  ${what}\n      ${get}`);
    }
    return 0;
  },
});

function rows({ addon, ...found }: Diagnosis): [string, string][] {
  const missing = 'not found';
  return [
    ['unnas', found.unnas],
    ['Node', `${found.node}, ${found.platform}`],
    [
      'processor',
      `${found.processor}, ${found.cores} threads, ${(found.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    ],
    ['addon', addon.loaded ? addon.path : 'not loaded'],
    ...(addon.loaded
      ? ([
          ['  instruction set', addon.isa],
          ['  threads', String(addon.threads)],
          ['  compiler', addon.compiler],
          ['  CUDA', cuda(addon)],
        ] as [string, string][])
      : ([['  why', addon.reason]] as [string, string][])),
    [
      'backends',
      ['cpu', ...(addon.loaded ? ['native'] : []), ...(found.tensorflow.enabled ? ['tensorflow'] : [])].join(
        ', ',
      ),
    ],
    ['cache', found.cache],
    ['CIFAR-10', found.cifar10 ? 'there' : 'not fetched yet'],
    ['cmake', found.tools.cmake ?? missing],
    ['C++ compiler', found.tools.compiler ?? missing],
    ['make or ninja', found.tools.make ?? missing],
    ['nvcc', found.tools.nvcc ?? missing],
  ];
}

function cuda(addon: Extract<Diagnosis['addon'], { loaded: true }>): string {
  if (!addon.cudaBuilt) return 'not built';
  const runtime = `${Math.floor(addon.cudaRuntime / 1000)}.${Math.floor((addon.cudaRuntime % 1000) / 10)}`;
  return `built, runtime ${runtime}, ${addon.cudaDevices} devices (${addon.cudaStatus})`;
}
