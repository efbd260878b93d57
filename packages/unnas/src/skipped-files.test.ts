import { expect, test } from 'vitest';
import { skippedFiles } from './skipped-files.ts';

const broken = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ file: `${i}.jpg`, reason: 'the file is empty' }));

test('files that were left out are counted, and the first ten named', () => {
  expect(skippedFiles([])).toBeNull();
  expect(skippedFiles(broken(1))).toBe('1 file was left out: 0.jpg (the file is empty)');
  expect(skippedFiles(broken(12), ': the report names all')).toMatch(
    /^12 files were left out: 0\.jpg .*, 9\.jpg \(the file is empty\), and 2 more: the report names all$/,
  );
});
