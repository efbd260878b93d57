import { join } from 'node:path';
import { inputError } from '@unnas/random';
import { htmlReport, type RunReport } from '@unnas/report';
import { readBaseline, readConfig, readRecords } from '@unnas/search';
import writeFileAtomic from 'write-file-atomic';

export const REPORT = 'report.html';

/** Writes `report.html` into the folder of a run, from what is there of it, and gives the path. */
export async function writeReport(
  folder: string,
  known: Pick<RunReport, 'chance' | 'environment' | 'skipped'> = {},
): Promise<string> {
  const config = readConfig(folder) as unknown as RunReport['config'];
  const baseline = readBaseline(folder);
  const path = join(folder, REPORT);
  try {
    await writeFileAtomic(
      path,
      htmlReport({ config, records: readRecords(folder), ...(baseline ? { baseline } : {}), ...known }),
    );
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw inputError(`cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
  return path;
}
