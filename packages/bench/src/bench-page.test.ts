import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { sampleReport } from '../fixtures/sample-report.ts';
import { benchPage } from './bench-page.ts';
import { benchReport } from './bench-report.ts';

/** Throws where the page is not well-formed. */
function check(html: string): void {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(html.replace('<!DOCTYPE html>\n', '')).close();
}

test('a run is one well-formed page that needs nothing else', () => {
  const html = benchPage(sampleReport(), sampleReport());
  check(html);
  expect(html).not.toMatch(/<script|<link|src="|href="|https?:\/\/(?!www\.w3\.org)/);
  for (const text of [
    'A processor &amp; its cores',
    'Faster than PyTorch channels-last',
    'Left out: tfjs-node-gpu: not &lt;installed&gt;',
    'Arithmetic below the roof',
    'Beside an earlier run',
    'How the numbers were taken',
    'npm run bench -- all &lt;of it&gt;',
  ])
    expect(html).toContain(text);
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('what was not measured is left out', () => {
  const { machine, steps } = sampleReport();
  const html = benchPage(benchReport({ command: 'unnas bench step', machine, steps }));
  check(html);
  expect(html).toContain('A weight step of the supernet');
  expect(html).not.toContain('Fused ops');
  check(benchPage(benchReport({ command: '', machine })));
});

test('a busy machine is named as such', () => {
  const { machine } = sampleReport();
  const page = (load: number) => benchPage(sampleReport({ machine: { ...machine, load } }));
  expect(page(7)).toContain('The machine was busy');
  expect(page(0.5)).not.toContain('The machine was busy');
});
