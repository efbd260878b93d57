import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { median, type TransformComparison } from '@unnas/bench';
import { setThreads } from '@unnas/native';
import {
  type FrameAttrs,
  frameReference,
  type JigsawAttrs,
  jigsawReference,
  type LabAttrs,
  labReference,
  wholeView,
} from '@unnas/pretext';
import { places } from './pytorch.ts';
import { StepProcess } from './step-process.ts';
import { type Contender, takeTurns } from './turns.ts';

export interface TransformOptions {
  readonly turns: number;
  readonly warmup: number;
  /** Of the contender with all threads; the others have one. */
  readonly threads: number;
  readonly python?: string;
  readonly onSay: (text: string) => void;
}

interface Batch {
  readonly x: Float32Array;
  readonly y?: Int32Array;
}

/** What a turn took, and averages of what it made: |x| and y. */
interface Answer {
  readonly milliseconds: number;
  readonly x: number;
  readonly y: number | null;
}

interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** One task at one size. */
interface Case {
  readonly task: 'rotation' | 'colour' | 'jigsaw';
  readonly size: number;
  readonly pictures: readonly Picture[];
}

/** How many pictures of a side make up a batch: few enough for the slowest peer, and enough to leave the caches. */
const COUNTS = { 32: 64, 224: 8, 255: 8 };

const script = fileURLToPath(new URL('./python/transforms.py', import.meta.url));

/** Numbers that python/transforms.py has as well; so are the draws of puzzles. */
const NORMAL = { mean: [0.5, 0.45, 0.4], deviation: [0.25, 0.26, 0.27], lighting: null } as const;
const LIGHTNESS = { mean: 0.449, deviation: 0.226 };

/** Each task at the sizes of CIFAR-10 and ImageNet: pictures of that side, in memory, seen as they are. */
export async function compareTransforms(options: TransformOptions): Promise<TransformComparison[]> {
  const folder = mkdtempSync(join(tmpdir(), 'unnas-transforms-'));
  try {
    const sets = new Map(Object.entries(COUNTS).map(([size, count]) => [+size, waves(+size, count)]));
    for (const [size, pictures] of sets)
      writeFileSync(join(folder, `${size}.u8`), Buffer.concat(pictures.map(({ data }) => data)));
    const python = await startPython(folder, options);
    const comparisons: TransformComparison[] = [];
    for (const [task, sizes] of Object.entries(TASK_SIZES)) {
      for (const size of sizes) {
        const one = { task: task as Case['task'], size, pictures: sets.get(size)! };
        comparisons.push(await compare(one, python, options));
      }
    }
    python?.stop();
    return comparisons;
  } finally {
    setThreads(options.threads);
    rmSync(folder, { recursive: true });
  }
}

const TASK_SIZES: Readonly<Record<Case['task'], readonly number[]>> = {
  rotation: [32, 224],
  colour: [32, 224],
  jigsaw: [32, 255],
};

async function compare(
  one: Case,
  python: StepProcess | undefined,
  { turns, warmup, threads }: TransformOptions,
): Promise<TransformComparison> {
  const { task, size, pictures } = one;
  const own = (name: 'native' | 'reference', count: number) => {
    const make = maker(one, name);
    return {
      ...{ name, threads: count },
      run: () => {
        setThreads(count);
        return timed(make);
      },
    };
  };
  const contenders: (Contender<Answer> & { threads: number })[] = [
    own('native', 1),
    own('native', threads),
    own('reference', 1),
    ...(ways(python)[task] ?? []).map((name) => ({
      ...{ name, threads: 1 },
      run: async () => (await python!.ask(`${task} ${size} ${name}`)) as Answer,
    })),
  ];
  const answers = await takeTurns(contenders, { turns, warmup });
  const expected = answers[0]![0]!;
  for (const [i, [first]] of answers.entries()) {
    const same = Math.abs(first!.x - expected.x) <= 1e-5 * expected.x && first!.y === expected.y;
    if (!same)
      throw new Error(
        `${task} at ${size}: ${contenders[i]!.name} makes another batch: ${JSON.stringify(first)}, native ${JSON.stringify(expected)}`,
      );
  }
  const times = answers.map((all) => median(all.slice(warmup).map(({ milliseconds }) => milliseconds)));
  return {
    ...{ task, size, pictures: pictures.length },
    contenders: contenders.map(({ name, threads: count }, i) => ({
      ...{ name, threads: count },
      picturesPerSecond: (1000 * pictures.length) / times[i]!,
      timesAsLong: times[i]! / times[0]!,
    })),
  };
}

/** Passes for a twentieth of a second, as the peers do it. */
function timed(make: () => Batch): Answer {
  const begun = performance.now();
  const { x, y } = make();
  let passes = 1;
  for (; performance.now() - begun < 50; passes++) make();
  const milliseconds = (performance.now() - begun) / passes;
  const size = x.reduce((sum, value) => sum + Math.abs(value), 0) / x.length;
  return {
    milliseconds,
    x: size,
    y: y === undefined ? null : y.reduce((sum, bin) => sum + bin, 0) / y.length,
  };
}

/** The making of a batch by the kernel of the backend or by the reference, each time into the same arrays. */
function maker({ task, size, pictures }: Case, backend: 'native' | 'reference'): () => Batch {
  const views = pictures.map((picture) => wholeView(picture));
  const count = pictures.length;
  const making = <A extends Batch>(name: string, attrs: A, reference: (attrs: A) => void) => {
    const kernel = tf.getKernel(name, 'native');
    return (): Batch => {
      if (backend === 'reference') reference(attrs);
      else kernel.kernelFunc({ inputs: {}, attrs: attrs as never, backend: tf.backend() });
      return attrs;
    };
  };
  if (task === 'rotation') {
    const x = new Float32Array(count * 4 * size * size * 3);
    return making<FrameAttrs>(
      'UnnasFrameBatch',
      { pictures, views, size, turns: 4, ...NORMAL, x },
      frameReference,
    );
  }
  if (task === 'colour') {
    const [x, y] = [new Float32Array(count * size * size), new Int32Array(count * size * size)];
    return making<LabAttrs>('UnnasLabBatch', { pictures, views, size, ...LIGHTNESS, x, y }, labReference);
  }
  const [grid, tile] = size === 32 ? [2, 12] : [3, 64];
  const patches = grid * grid;
  const room = Math.floor(size / grid) - tile + 1;
  const each = <T>(draw: (picture: number, patch: number) => T): T[] =>
    pictures.flatMap((_, i) => Array.from({ length: patches }, (_, patch) => draw(i, patch)));
  const attrs: JigsawAttrs = {
    ...{ pictures, views, size, grid, tile, ...NORMAL, gray: new Uint8Array(count) },
    offsets: Int32Array.from(each((i, q) => [(3 * i + 5 * q) % room, (5 * i + 3 * q) % room]).flat()),
    permutations: Int32Array.from(each((i, q) => (q * (patches - 1) + i) % patches)),
    x: new Float32Array(count * patches * tile * tile * 3),
  };
  return making('UnnasJigsawBatch', attrs, jigsawReference);
}

/** Pictures with soft colours and some noise, as photographs have. */
function waves(size: number, count: number): Picture[] {
  let state = 1;
  const noise = () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >>> 8) / 2 ** 24;
  };
  return Array.from({ length: count }, () => {
    const shapes = [0, 1, 2].map(
      () => [noise() * 0.2, noise() * 0.2, noise() * 6, 40 + noise() * 80] as const,
    );
    const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
      const [across, down, phase, height] = shapes[i % 3]!;
      return (
        128 +
        height * Math.sin(((across * x + down * y) * 32) / Math.sqrt(size * 32) + phase) +
        14 * (noise() - 0.5)
      );
    });
    return { height: size, width: size, data };
  });
}

/** The Python that knows the most ways. */
async function startPython(
  folder: string,
  { python, onSay }: TransformOptions,
): Promise<StepProcess | undefined> {
  let best: StepProcess | undefined;
  let reason = '';
  for (const command of python === undefined ? places() : [python]) {
    try {
      const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
      const found = await StepProcess.start({
        name: command,
        images: 0,
        command,
        args: [script, folder],
        env,
      });
      const [worse, better] = waysOf(found) > waysOf(best) ? [best, found] : [found, best];
      worse?.stop();
      best = better;
    } catch (error) {
      reason ||= (error as Error).message.split('\n').at(-1)!;
    }
  }
  onSay(
    best === undefined
      ? `no Python with NumPy on this machine (${reason})`
      : `${best.introduction.version} of ${best.name}`,
  );
  return best;
}

const waysOf = (python: StepProcess | undefined): number => Object.values(ways(python)).flat().length;

function ways(python: StepProcess | undefined): Partial<Record<string, string[]>> {
  return (python?.introduction as { ways?: Record<string, string[]> } | undefined)?.ways ?? {};
}
