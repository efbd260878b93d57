import { BACKENDS } from '../backend-name.ts';
import { command } from '../command.ts';
import { choice, count, flag } from '../options.ts';
import { onePositional } from '../positionals.ts';
import { runSearchJob } from '../search-process.ts';
import { showSearch } from '../search-view.ts';

export const compare = command({
  name: 'compare',
  usage: 'RUN [options]',
  summary:
    'Trains the architecture of a run and random ones from scratch, each with the same budget, and compares them.',
  details: `Task, pictures, halves, batches and learning rates are those of the run. The outcome is
baseline.json in its folder, and a part of its report. Ctrl-C stops with a checkpoint; the same
command goes on from there, to the same bits.`,
  options: {
    samples: count('random architectures, 8 by default'),
    epochs: count('passes over the pictures for each architecture; by default as many as the run had'),
    limit: count('use so many pictures only; by default all that the run used', 2),
    drawSeed: count(
      'decides the random architectures and all initial weights; by default the seed of the run',
      0,
    ),
    fresh: flag('throw away an earlier comparison of this run'),
    threads: count('processor threads; all by default. The result does not depend on it', 1, 1024),
    backend: choice(BACKENDS, 'what computes; by default what the run was begun with'),
    checkpointEvery: count(
      'steps between checkpoints, besides those at each architecture and every few seconds',
    ),
    json: flag('JSON lines, and nothing else on standard output'),
  },
  async run({ threads, backend, checkpointEvery, json: _, ...comparison }, positionals, terminal) {
    const folder = onePositional(positionals, 'the folder of a run');
    const { show, end } = showSearch(terminal, { goOn: (run) => `compare ${run}` });
    const signal = await runSearchJob(
      {
        kind: 'compare',
        folder,
        comparison,
        ...(threads === undefined ? {} : { threads }),
        ...(backend === undefined ? {} : { backend }),
        ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
      },
      show,
    );
    return end(signal);
  },
});
