import { parseGenotype } from '@unnas/genotype';
import { describe, expect, it } from 'vitest';
import { sampleRun } from '../fixtures/sample-run.ts';
import { recordsCsv } from './records-csv.ts';

/** Reads RFC 4180: quoted cells may hold commas, line breaks and doubled quotes. */
function readCsv(text: string): string[][] {
  return text
    .split(/\r\n/)
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      ),
    );
}

describe('recordsCsv', () => {
  it('has a line for each record, with all numbers to the last digit', () => {
    const { records } = sampleRun({ rounds: 3 });
    const [head, ...lines] = readCsv(recordsCsv(records));
    expect(lines).toHaveLength(3);
    for (const [i, line] of lines.entries()) {
      expect(line).toHaveLength(head!.length);
      const cell = (name: string) => line[head!.indexOf(name)]!;
      expect(Number(cell('epoch'))).toBe(i + 1);
      expect(Number(cell('loss'))).toBe(records[i]!.loss);
      expect(Number(cell('normalEntropy'))).toBe(records[i]!.health!.normal.entropy);
      expect(parseGenotype(cell('genotype'))).toEqual(records[i]!.genotype);
    }
    expect(lines[0]![head!.indexOf('alphaLoss')]).toBe('');
  });

  it('leaves cells empty for what is missing or no number', () => {
    const [head, line] = readCsv(recordsCsv([{ epoch: 1, loss: Number.NaN, accuracy: null }]));
    expect(line).toEqual(head!.map((name) => (name === 'epoch' ? '1' : '')));
    expect(readCsv(recordsCsv([]))).toHaveLength(1);
  });
});
