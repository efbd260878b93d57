import { styleText } from 'node:util';

/** Where a command speaks: results on standard output, the progress bar and remarks on standard error. */
export interface Terminal {
  /** Whether standard output carries JSON lines and nothing else. */
  readonly json: boolean;
  /** A line of result for a person; nothing under --json. */
  line(text?: string): void;
  /** A result for a program: one JSON line under --json, else nothing. */
  event(value: { readonly event: string } & Record<string, unknown>): void;
  /** A remark or a warning, on standard error, with our name before it. */
  note(text: string): void;
  /** What goes on right now: redrawn in place on a terminal, a line now and then elsewhere. */
  progress(text: string): void;
  /** Takes the progress line away. */
  endProgress(): void;
  style(format: Parameters<typeof styleText>[0], text: string): string;
}

const REDRAW_MS = 80;
const PLAIN_LINE_MS = 30_000;
const CLEAR_LINE = '\r\u001b[K';

export function openTerminal({
  json = false,
  output = process.stdout as Stream,
  errors = process.stderr as Stream,
  environment = process.env,
  now = () => performance.now(),
}: TerminalOptions = {}): Terminal {
  const interactive = errors.isTTY === true && environment.TERM !== 'dumb';
  // https://no-color.org and https://force-color.org
  const colored = environment.NO_COLOR
    ? false
    : environment.FORCE_COLOR
      ? true
      : output.isTTY === true && interactive;
  let shown = '';
  let lastDrawn = now();

  const aroundProgress = (write: () => void) => {
    if (shown) errors.write(CLEAR_LINE);
    write();
    if (shown) errors.write(shown);
  };
  return {
    json,
    line(text = '') {
      if (!json) aroundProgress(() => output.write(`${text}\n`));
    },
    event(value) {
      if (json) aroundProgress(() => output.write(`${JSON.stringify(value)}\n`));
    },
    note(text) {
      aroundProgress(() => errors.write(`unnas: ${text}\n`));
    },
    progress(text) {
      const elapsed = now() - lastDrawn;
      if (elapsed < (interactive ? REDRAW_MS : PLAIN_LINE_MS)) return;
      lastDrawn = now();
      if (interactive) {
        shown = clip(text, (errors.columns ?? 80) - 1);
        errors.write(CLEAR_LINE + shown);
      } else if (!json) {
        errors.write(`${text}\n`);
      }
    },
    endProgress() {
      if (shown) errors.write(CLEAR_LINE);
      shown = '';
    },
    style: (format, text) => (colored ? styleText(format, text, { validateStream: false }) : text),
  };
}

/** A line that wraps could not be taken away again. The text carries no colours. */
function clip(text: string, columns: number): string {
  return text.length <= columns ? text : text.slice(0, columns);
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface TerminalOptions {
  readonly json?: boolean;
  readonly output?: Stream;
  readonly errors?: Stream;
  readonly environment?: NodeJS.ProcessEnv;
  readonly now?: () => number;
}
