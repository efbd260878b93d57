import { join } from 'node:path';
import { fileError, writeFileAtomic } from '@unnas/images';
import { inputError } from '@unnas/random';
import { htmlReport, type RunReport } from '@unnas/report';
import { readBaseline, readConfig, readGenotype, readRecords } from '@unnas/search';

import { originOf } from './search-request.ts';

export const REPORT = 'report.html';

/** Writes `report.html` into the folder of a run, from what is there of it, and gives the path. */
export async function writeReport(folder: string): Promise<string> {
  const config = readConfig(folder);
  const origin = originOf(config);
  const path = join(folder, REPORT);
  try {
    await writeFileAtomic(
      path,
      htmlReport({
        // As the file has it: the type of the config does not say that it is JSON.
        config: config as unknown as RunReport['config'],
        environment: { ...origin?.machine, backend: config.backend, ...config.environment },
        skipped: origin?.skipped ?? [],
        records: readRecords(folder),
        genotype: readGenotype(folder) ?? null,
        baseline: readBaseline(folder) ?? null,
      }),
    );
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw inputError(`cannot write ${path}: ${fileError(cause)}`, { cause });
  }
  return path;
}
