import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StepOptions } from './supernet-step.ts';
import type { Contender } from './timing.ts';

export type Layout = 'channels_last' | 'NCHW';

const script = fileURLToPath(new URL('./pytorch/supernet_step.py', import.meta.url));

/** A Python that has PyTorch: PYTHON if it is set, else the first of the usual ones; undefined if there is none. */
export function findPython(): string | undefined {
  const places = process.env.PYTHON ? [process.env.PYTHON] : ['/usr/bin/python3', 'python3'];
  return places.find((python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0);
}

/** The same weight step in PyTorch, in a process of its own that waits for its turns. */
export class PyTorchStep implements Contender {
  readonly name: string;
  readonly images: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';
  /** Most memory that it ever had, in bytes. */
  peakBytes = 0;

  private constructor(python: string, layout: Layout, options: StepOptions, threads: number) {
    this.name = `PyTorch ${layout}`;
    this.images = options.batch;
    const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env; // they make its BLAS slow
    const args = Object.entries({ layout, threads, ...options }).flatMap(([name, value]) => [
      `--${name}`,
      `${value}`,
    ]);
    this.#child = spawn(python, [script, ...args], { env });
    this.#child.stderr.on('data', (data) => (this.#errors += data));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts it, and gives what it says about itself. */
  static async start(python: string, layout: Layout, options: StepOptions, threads: number) {
    const step = new PyTorchStep(python, layout, options, threads);
    const { torch, parameters } = await step.#answer<{ torch: string; parameters: number }>();
    return { step, torch, parameters };
  }

  async run(): Promise<number> {
    this.#child.stdin.write('step\n');
    const { milliseconds, peakBytes } = await this.#answer<{ milliseconds: number; peakBytes: number }>();
    this.peakBytes = peakBytes;
    return milliseconds;
  }

  stop(): void {
    this.#child.stdin.end();
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`PyTorch stopped without an answer:\n${this.#errors}`);
    return JSON.parse(value) as T;
  }
}
