import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Contender } from './turns.ts';

/** What a process says before its first step. */
export interface Introduction {
  readonly version: string;
  readonly parameters: number;
}

/** What a process says after each step. */
export interface StepAnswer {
  readonly milliseconds: number;
  readonly loss: number;
  /** Most memory in RAM that it ever had. */
  readonly peakResidentMiB: number;
  /** Share of the step outside of native kernels, where there are any. */
  readonly shareOutsideKernels?: number;
}

export interface StepCommand {
  readonly name: string;
  /** Pictures that a step goes through. */
  readonly images: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * A step in a process of its own that waits for its turns: it reads a line for each step, and answers with a line of JSON. So
 * each contender has its memory for itself, and whatever one leaves behind does not meet the next.
 */
export class StepProcess implements Contender<StepAnswer> {
  readonly name: string;
  readonly images: number;
  readonly introduction: Introduction;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answer: () => Promise<unknown>;

  private constructor(
    { name, images }: StepCommand,
    introduction: Introduction,
    child: ChildProcessWithoutNullStreams,
    answer: () => Promise<unknown>,
  ) {
    this.name = name;
    this.images = images;
    this.introduction = introduction;
    this.#child = child;
    this.#answer = answer;
  }

  /** Starts it. Throws what it wrote on standard error where it ends without an answer. */
  static async start(command: StepCommand): Promise<StepProcess> {
    const child = spawn(command.command, command.args, { env: command.env ?? process.env });
    let errors = '';
    child.stderr.on('data', (data) => (errors += data));
    child.on('error', ({ message }) => (errors += message));
    child.stdin.on('error', () => {}); // it is gone: the answer that does not come says so
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(errors.trim() || 'it stopped without an answer');
      return JSON.parse(value) as unknown;
    };
    return new StepProcess(command, (await answer()) as Introduction, child, answer);
  }

  async run(): Promise<StepAnswer> {
    return (await this.ask('step')) as StepAnswer;
  }

  /** Hands it a line and gives its answer, for a process that knows more than one kind of turn. */
  async ask(line: string): Promise<unknown> {
    this.#child.stdin.write(`${line}\n`);
    return this.#answer();
  }

  stop(): void {
    this.#child.stdin.end();
  }
}
