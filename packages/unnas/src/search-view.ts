import { constants } from 'node:os';
import { type EpochRecord, holdsRun } from '@unnas/search';
import { table } from './command.ts';
import { planRows } from './plan/plan-lines.ts';
import type { MessageOf, SearchMessage } from './search-job.ts';
import {
  beginningLines,
  comparisonLines,
  endLines,
  epochLine,
  ProgressView,
  reproductionLines,
  warningsOf,
} from './search-lines.ts';
import type { StopSignal } from './stoppable-worker.ts';
import type { Terminal } from './terminal.ts';

/** Shows a search while it goes on; `goOn` is the command that goes on with a run that was stopped. `end` tells how it ended, and gives the exit code or throws what went wrong. */
export function showSearch(
  terminal: Terminal,
  { goOn }: { readonly goOn: ((folder: string) => string) | null },
) {
  const progress = new ProgressView();
  let begun: MessageOf<'begun'> | undefined;
  let last: EpochRecord | undefined;
  let ended: MessageOf<'ended'> | undefined;
  let reproduced: MessageOf<'reproduced'> | undefined;
  let compared: MessageOf<'compared'> | undefined;
  let planned: MessageOf<'planned'> | undefined;
  let failed: MessageOf<'failed'> | undefined;

  function show(message: SearchMessage): void {
    switch (message.event) {
      case 'note':
        terminal.note(message.text);
        return;
      case 'doing':
        terminal.progress(message.text);
        return;
      case 'begun':
        begun = message;
        terminal.endProgress();
        terminal.event({ ...message });
        for (const line of beginningLines(message)) terminal.line(line);
        return;
      case 'progress':
        terminal.event({ ...message });
        terminal.progress(progress.text(message.progress, begun?.round));
        return;
      case 'epoch':
        last = message.record;
        terminal.event({ ...message });
        terminal.line(epochLine(message.record, begun?.metric ?? 'accuracy'));
        return;
      case 'ended':
        ended = message;
        return;
      case 'reproduced':
        reproduced = message;
        return;
      case 'compared':
        compared = message;
        return;
      case 'planned':
        planned = message;
        return;
      case 'failed':
        failed = message;
        return;
    }
  }

  function end(signal: StopSignal | undefined): number {
    terminal.endProgress();
    if (failed !== undefined) {
      const error = new Error(failed.message);
      throw Object.assign(error, { name: failed.name, stack: failed.stack });
    }
    if (reproduced !== undefined) {
      terminal.event({ ...reproduced });
      for (const line of reproductionLines(reproduced)) terminal.line(line);
      return reproduced.reproduction.equal ? 0 : 1;
    }
    if (compared !== undefined) {
      terminal.event({ ...compared });
      for (const line of comparisonLines(compared, terminal)) terminal.line(line);
      return 0;
    }
    if (planned !== undefined) {
      terminal.event({ event: 'plan', ...planned.plan });
      terminal.line(table(planRows(planned.plan)));
      return 0;
    }
    if (signal !== undefined && ended?.outcome !== 'finished' && ended?.outcome !== 'collapsed') {
      // A run that was stopped before its first step has left no folder.
      const folder = begun !== undefined && holdsRun(begun.folder) ? begun.folder : null;
      const resume = folder === null || goOn === null ? null : `${ownCommand()} ${goOn(quoted(folder))}`;
      terminal.event({ event: 'stopped', signal, folder, resume });
      terminal.note(resume === null ? 'stopped' : `stopped. To go on:\n\n    ${resume}\n`);
      return 128 + constants.signals[signal];
    }
    if (ended === undefined) throw new Error('the search ended without a word');
    terminal.event({ ...ended });
    for (const line of endLines(ended, terminal)) terminal.line(line);
    for (const warning of warningsOf(last)) terminal.note(warning);
    return 0;
  }

  return { show, end };
}

/** How the user has called us, so that they can do it again. */
function ownCommand(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.UNNAS_COMMAND ?? (environment.npm_command === 'exec' ? 'npx unnas' : 'unnas');
}

function quoted(path: string): string {
  return /^[\w./@:+,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
