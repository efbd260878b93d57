import { barChart, element, escapeText, figure, numbersTable, rooflineChart, section } from '@unnas/report';
import type { OpComparison } from './bench-report.ts';
import type { KernelRecord, KernelsRecord } from './measure-kernels.ts';
import { median } from './statistics.ts';
import { digits, percent } from './step-lines.ts';

/** Colours of the ops that are bound by arithmetic, by the beginning of their names. */
const GROUPS: Readonly<Record<string, string>> = {
  'search cell': 'var(--line-second)',
  separable: 'var(--op-sep-small)',
  dilated: 'var(--op-dil-small)',
  '1x1 convolution': 'var(--op-other)',
  '3x3 convolution': 'var(--op-skip)',
};

/** Every fused op below the roof of the machine. */
export function kernelSection({ batch, threads, isa, ceilings, kernels }: KernelsRecord): string {
  const arithmetic = kernels.filter(({ gigaflops }) => gigaflops > 0);
  const memory = kernels.filter(({ gigaflops, network }) => gigaflops === 0 && network === 'CIFAR');
  return section(
    'Fused ops',
    element(
      'p',
      { class: 'quiet' },
      escapeText(
        `Batch ${batch}, at the sizes of the supernets for CIFAR and ImageNet; ${isa}, ${threads} threads.`,
      ),
    ),
    element(
      'div',
      { class: 'wide' },
      figure(
        'Arithmetic below the roof',
        rooflineChart({
          id: 'roofline',
          title: 'Rates of arithmetic of the fused ops beside what the machine allows',
          points: arithmetic.map((kernel) => ({
            name: `${kernel.name}, ${kernel.pass}, ${kernel.size}`,
            group: Object.keys(GROUPS).find((name) => kernel.name.startsWith(name)) ?? '',
            intensity: kernel.gigaflops / kernel.gigabytes,
            rate: kernel.gigaflopsPerSecond,
            open: kernel.pass === 'backward',
          })),
          ceilings,
          groups: GROUPS,
          format: digits,
        }),
        'Discs are forward passes, rings backward passes; point at one for its name. An op below the flat roof waits for arithmetic, one below the slope for memory.',
      ),
    ),
    ...(memory.length === 0
      ? []
      : [
          element(
            'div',
            { class: 'charts' },
            ...(['forward', 'backward'] as const).map((pass) =>
              memoryBars(
                memory.filter((kernel) => kernel.pass === pass),
                pass,
                ceilings.gigabytesPerSecond,
              ),
            ),
          ),
        ]),
    numbersTable(
      ['op', 'size', 'supernet', 'pass', 'ms', 'GB/s', 'GFLOP/s', 'of the roof'],
      kernels.map((kernel) => [
        kernel.name,
        kernel.size,
        kernel.network,
        kernel.pass,
        digits(kernel.milliseconds),
        digits(kernel.gigabytesPerSecond),
        kernel.gigaflops === 0 ? '–' : digits(kernel.gigaflopsPerSecond),
        percent(kernel.shareOfRoof),
      ]),
      `All ${kernels.length} passes as a table`,
    ),
  );
}

/** Ops that only move numbers, at their largest size. */
function memoryBars(kernels: readonly KernelRecord[], pass: string, ceiling: number): string {
  const largest = new Map<string, KernelRecord>();
  for (const kernel of kernels) {
    const known = largest.get(kernel.name);
    if (known === undefined || kernel.gigabytes > known.gigabytes) largest.set(kernel.name, kernel);
  }
  const bars = [...largest.values()].map(({ name, gigabytesPerSecond }) => ({
    name,
    value: gigabytesPerSecond,
    label: digits(gigabytesPerSecond),
  }));
  return figure(
    `Bound by memory, ${pass}, GB/s`,
    barChart({
      ...{
        id: `memory-${pass}`,
        title: `Rates of ops that are bound by memory, ${pass}`,
        bars,
        format: digits,
      },
      reference: { value: ceiling, name: `memory ${digits(ceiling)}` },
    }),
  );
}

/** Ops beside those of stock tfjs. */
export function opSection(ops: readonly OpComparison[]): string {
  const backends = Object.keys(ops[0]!.milliseconds).filter((name) => name !== 'native');
  const ratios = (name: string, backend: string) =>
    ops
      .filter((op) => op.name === name && op.milliseconds[backend] != null)
      .map(({ milliseconds }) => milliseconds[backend]! / milliseconds.native!);
  const names = [...new Set(ops.map(({ name }) => name))];
  const chart = (backend: string) => {
    const bars = names.flatMap((name) => {
      const all = ratios(name, backend);
      return all.length === 0 ? [] : [{ name, value: median(all), label: `${digits(median(all))} times` }];
    });
    return figure(
      `Stock tfjs ${backend}: times as long as native`,
      barChart({ id: `ops-${backend}`, title: `Ops on ${backend}`, bars, format: digits, logarithmic: true }),
    );
  };
  return section(
    'Ops beside stock tfjs',
    element(
      'p',
      { class: 'quiet' },
      'Medians over the sizes of the supernet and over both passes where a backend has their kernels, by powers of ten; wasm lacks the gradients of convolutions.',
    ),
    element('div', { class: 'charts' }, ...backends.map(chart)),
    numbersTable(
      ['op', 'size', 'pass', 'native, ms', ...backends.map((name) => `${name}, ms`)],
      ops.map(({ name, size, pass, milliseconds }) => [
        name,
        size,
        pass === 'both' ? 'with gradients' : pass,
        digits(milliseconds.native!),
        ...backends.map((backend) => {
          const time = milliseconds[backend];
          return time == null ? 'no kernel' : digits(time);
        }),
      ]),
      'All ops as a table',
    ),
  );
}
