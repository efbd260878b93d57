import { command } from '../command.ts';
import { flag } from '../options.ts';
import { onePositional } from '../positionals.ts';

export const report = command({
  name: 'report',
  usage: 'RUN',
  summary: 'Writes report.html of the run in a folder again, from its config.json and log.jsonl.',
  options: { json: flag('JSON lines, and nothing else on standard output') },
  async run(_given, positionals, terminal) {
    const folder = onePositional(positionals, 'the folder of a run');
    const { writeReport } = await import('../write-report.ts');
    const path = await writeReport(folder);
    terminal.event({ event: 'report', report: path });
    terminal.line(path);
    return 0;
  },
});
