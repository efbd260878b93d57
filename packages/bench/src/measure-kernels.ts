import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { describe, fmaCeiling, type KernelTime, memoryCeiling, timeKernels } from '@unnas/native';
import { type Machine, machine } from './machine.ts';
import { cellWork, lossWork, MAPS, mapWork, type OpWork, type Supernet, stemWork } from './op-work.ts';
import { median } from './statistics.ts';
import { updateWork } from './update-work.ts';

/** One pass of one op at one size on the backend `native`. */
export interface KernelRecord {
  readonly name: string;
  readonly network: Supernet;
  readonly size: string;
  readonly pass: 'forward' | 'backward';
  /** The native kernels of the pass. */
  readonly kernels: string[];
  /** Time in the kernels, the median of all turns. */
  readonly milliseconds: number;
  /** Every input read once and every output written once. */
  readonly gigabytes: number;
  /** Two operations a multiply-add; 0 for what is bound by memory. */
  readonly gigaflops: number;
  readonly gigabytesPerSecond: number;
  readonly gigaflopsPerSecond: number;
  /** The time that the ceilings allow, as a share of the time that it takes. Above 1 where caches hold the arrays. */
  readonly shareOfRoof: number;
}

export interface KernelsRecord {
  readonly batch: number;
  readonly threads: number;
  readonly isa: string;
  readonly ceilings: { readonly gigaflopsPerSecond: number; readonly gigabytesPerSecond: number };
  readonly kernels: KernelRecord[];
  readonly machine: Machine;
}

export interface MeasureKernelsOptions {
  readonly batch: number;
  /** How often each op is done, after a first time that does not count. */
  readonly turns: number;
  readonly networks?: readonly Supernet[];
  /** Called before each op. */
  readonly onOp?: (name: string, size: string) => void;
}

/** Measures every fused op, forward and backward, at the sizes of the supernets. The backend of the moment is `native`. */
export async function measureKernels(options: MeasureKernelsOptions): Promise<KernelsRecord> {
  const { batch, turns, networks = ['CIFAR', 'ImageNet'], onOp } = options;
  const { isa, threads } = describe();
  const fma: number[] = [];
  const measured: Omit<KernelRecord, 'shareOfRoof'>[] = [];
  for (const network of networks) {
    for (const makeWork of workOf(network, batch)) {
      tf.tidy(() => {
        for (const work of makeWork()) {
          onOp?.(work.name, work.size);
          measured.push(...measureOp(work, turns).map((pass) => ({ ...pass, network })));
        }
      });
      fma.push(fmaCeiling());
      await setImmediate();
    }
  }
  const ceilings = {
    gigaflopsPerSecond: Math.max(...fma),
    gigabytesPerSecond: Math.max(...memoryCeiling()),
  };
  const kernels = measured.map((pass) => ({ ...pass, shareOfRoof: shareOfRoof(pass, ceilings) }));
  return { batch, threads, isa, ceilings, kernels, machine: machine() };
}

/** Parts of the work that share their tensors, which are gone before the next begins. */
function workOf(network: Supernet, batch: number): (() => Iterable<OpWork>)[] {
  return [
    () => stemWork(batch, network),
    ...MAPS[network].flatMap(([side, channels], third) => [
      () => mapWork(batch, side, channels),
      () => cellWork(batch, side, channels, false),
      // The cell that leads to the next third has its channels.
      ...(third < 2 ? [() => cellWork(batch, side, 2 * channels, true)] : []),
    ]),
    () => lossWork(batch, network === 'CIFAR' ? 10 : 1000),
    ...(network === 'CIFAR' ? [() => updateWork()] : []),
  ];
}

/** The least time that the ceilings allow for this work, as a share of the time that it takes. */
export function shareOfRoof(
  { milliseconds, gigabytes, gigaflops }: Pick<KernelRecord, 'milliseconds' | 'gigabytes' | 'gigaflops'>,
  ceilings: KernelsRecord['ceilings'],
): number {
  const seconds = Math.max(gigabytes / ceilings.gigabytesPerSecond, gigaflops / ceilings.gigaflopsPerSecond);
  return (1e3 * seconds) / milliseconds;
}

/** Both passes of an op, or one where it has no gradient. */
export function measureOp(work: OpWork, turns: number): Omit<KernelRecord, 'network' | 'shareOfRoof'>[] {
  const { name, size, targets, values, multiplyAdds = 0 } = work;
  const passes = Array.from({ length: turns + 1 }, () => once(work)).slice(1);
  const record = (pass: 'forward' | 'backward', gigaflops: number) => {
    const milliseconds = median(passes.map((turn) => total(turn[pass])));
    const gigabytes = (4 * values[pass]) / 1e9;
    return {
      ...{ name, size, pass, kernels: Object.keys(passes[0]![pass]), milliseconds, gigabytes, gigaflops },
      gigabytesPerSecond: (1e3 * gigabytes) / milliseconds,
      gigaflopsPerSecond: (1e3 * gigaflops) / milliseconds,
    };
  };
  const forward = record('forward', (2 * multiplyAdds) / 1e9);
  if (targets.length === 0) return [forward];
  const gradients = targets.length === 1 && multiplyAdds > 0 ? 1 : 2; // of the filter alone, or of the input as well
  return [forward, record('backward', (gradients * 2 * multiplyAdds) / 1e9)];
}

type Times = Readonly<Record<string, KernelTime>>;

const total = (times: Times): number =>
  Object.values(times).reduce((sum, { milliseconds }) => sum + milliseconds, 0);

/** The kernels of one forward pass, and those that a pass with gradients has more. */
function once({ forward, targets }: OpWork): { forward: Times; backward: Times } {
  tf.engine().startScope();
  try {
    const ahead = timeKernels(forward);
    if (targets.length === 0) return { forward: ahead.kernels, backward: {} };
    const dy = tf.onesLike(ahead.result);
    const both = timeKernels(() => tf.engine().gradients(forward, [...targets], dy, true));
    return { forward: ahead.kernels, backward: beyond(both.kernels, ahead.kernels) };
  } finally {
    tf.engine().endScope();
  }
}

/** What `both` has more than `forward`; where a kernel serves both passes, a part for each of its calls. */
export function beyond(both: Times, forward: Times): Times {
  return Object.fromEntries(
    Object.entries(both).flatMap(([name, { calls, milliseconds }]) => {
      const more = calls - (forward[name]?.calls ?? 0);
      return more > 0 ? [[name, { calls: more, milliseconds: (milliseconds * more) / calls }]] : [];
    }),
  );
}
