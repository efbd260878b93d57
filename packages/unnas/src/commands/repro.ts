import { BACKENDS } from '../backend-name.ts';
import { command } from '../command.ts';
import { choice, count, flag } from '../options.ts';
import { onePositional } from '../positionals.ts';
import { runSearchJob } from '../search-process.ts';
import { showSearch } from '../search-view.ts';

export const repro = command({
  name: 'repro',
  usage: 'RUN [options]',
  summary: 'Does a run again, to where its last checkpoint is, and compares the two bit for bit.',
  details: 'Exit code 0: all bits are equal; 1: they are not. The run itself is left as it is.',
  options: {
    threads: count('processor threads; all by default. The result must not depend on it', 1, 1024),
    backend: choice(BACKENDS, 'what computes; by default what the run was begun with'),
    json: flag('JSON lines, and nothing else on standard output'),
  },
  async run({ threads, backend }, positionals, terminal) {
    const folder = onePositional(positionals, 'the folder of a run');
    const { show, end } = showSearch(terminal, { goOn: null });
    const signal = await runSearchJob(
      {
        kind: 'repro',
        folder,
        ...(threads === undefined ? {} : { threads }),
        ...(backend === undefined ? {} : { backend }),
      },
      show,
    );
    return end(signal);
  },
});
