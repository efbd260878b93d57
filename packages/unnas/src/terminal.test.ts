import { expect, test } from 'vitest';
import { openTerminal, type TerminalOptions } from './terminal.ts';

/** A terminal whose output is kept, with a clock that is set by hand. */
function recorded(options: Omit<TerminalOptions, 'output' | 'errors' | 'now'> & { isTTY?: boolean }) {
  const written = { output: '', errors: '' };
  const clock = { milliseconds: 0 };
  const stream = (name: keyof typeof written) => ({
    isTTY: options.isTTY ?? false,
    columns: 30,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const terminal = openTerminal({
    environment: {},
    ...options,
    output: stream('output'),
    errors: stream('errors'),
    now: () => clock.milliseconds,
  });
  return { terminal, written, clock };
}

test('with --json standard output is JSON lines alone', () => {
  const { terminal, written, clock } = recorded({ json: true });
  terminal.line('for a person');
  terminal.event({ event: 'epoch', loss: 1 });
  terminal.note('a remark');
  clock.milliseconds = 60_000;
  terminal.progress('half');
  expect(written.output).toBe('{"event":"epoch","loss":1}\n');
  expect(written.errors).toBe('unnas: a remark\n');
});

test('on a terminal the progress is redrawn in place, and results stand above it', () => {
  const { terminal, written, clock } = recorded({ isTTY: true });
  clock.milliseconds = 100;
  terminal.progress('one');
  clock.milliseconds = 110;
  terminal.progress('too soon');
  terminal.line('result');
  terminal.endProgress();
  expect(written.errors).toBe('\r\u001b[Kone\r\u001b[Kone\r\u001b[K');
  expect(written.output).toBe('result\n');
  clock.milliseconds = 500;
  terminal.progress('a text that is longer than a line of this terminal');
  expect(written.errors).toMatch(/K.{29}$/);
});

test('elsewhere the progress is a line now and then', () => {
  const { terminal, written, clock } = recorded({});
  clock.milliseconds = 29_000;
  terminal.progress('early');
  clock.milliseconds = 31_000;
  terminal.progress('a while later');
  terminal.endProgress();
  expect(written.errors).toBe('a while later\n');
});

test('colours appear on a terminal, unless NO_COLOR says otherwise', () => {
  const bold = '\u001b[1mx\u001b[22m';
  expect(recorded({ isTTY: true }).terminal.style('bold', 'x')).toBe(bold);
  expect(recorded({ isTTY: true, environment: { NO_COLOR: '1' } }).terminal.style('bold', 'x')).toBe('x');
  expect(recorded({ isTTY: true, environment: { TERM: 'dumb' } }).terminal.style('bold', 'x')).toBe('x');
  expect(recorded({}).terminal.style('bold', 'x')).toBe('x');
  expect(recorded({ environment: { FORCE_COLOR: '1' } }).terminal.style('bold', 'x')).toBe(bold);
});
