import { inputError } from '@unnas/random';
import { command } from '../command.ts';
import { DATA_SETS, fetchDataSet } from '../data.ts';
import { flag, text } from '../options.ts';
import { onePositional } from '../positionals.ts';
import { didYouMean } from '../suggest.ts';

export const data = command({
  name: 'data',
  usage: 'cifar10 [options]',
  summary: 'Fetches a data set and checks it; does nothing where it is there already.',
  options: {
    out: text('DIR', 'where to put it; by default in the cache folder, where searches look for it'),
    json: flag('JSON lines, and nothing else on standard output'),
  },
  async run({ out }, positionals, terminal) {
    const name = onePositional(positionals, `the name of a data set (${DATA_SETS.join(', ')})`);
    if (!DATA_SETS.includes(name)) {
      throw inputError(
        `there is no data set '${name}' to fetch, expected ${DATA_SETS.join(', ')}${didYouMean(name, DATA_SETS)}`,
      );
    }
    const folder = await fetchDataSet(out, terminal);
    terminal.event({ event: 'data', name, folder });
    terminal.line(`CIFAR-10 is in ${folder}: 60,000 pictures, checked against the published SHA-1.`);
    return 0;
  },
});
