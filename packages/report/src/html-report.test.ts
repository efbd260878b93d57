import { parseGenotype, publishedGenotypes, randomGenotype } from '@unnas/genotype';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, childrenOf, find, type Node, readXml, textOf } from '../fixtures/read-xml.ts';
import { sampleBaseline } from '../fixtures/sample-baseline.ts';
import { sampleRun } from '../fixtures/sample-run.ts';
import { htmlReport } from './html-report.ts';
import type { RunReport } from './run-report.ts';

const read = (report: RunReport): Node => readXml(htmlReport(report));
const headings = (page: Node) => find(page, 'h2').map(textOf);
const notes = (page: Node) => find(page, 'aside').map(textOf);
const figures = (page: Node) => find(find(page, 'dl')[0]!, 'dd').map(textOf);

describe('htmlReport', () => {
  it('has every part of a finished run', () => {
    const run = sampleRun({ rounds: 5 });
    const page = read({ ...run, skipped: [{ file: 'a.jpg', reason: 'it ends early' }] });
    expect(textOf(find(page, 'h1')[0]!)).toBe('Architecture search by rotation on cifar10');
    expect(headings(page)).toEqual([
      'Genotype',
      'Training',
      'Alphas',
      'Settings',
      'Environment',
      'Skipped files',
    ]);
    expect(figures(page)).toEqual([
      '45.0 %chance 25 %',
      '5 of 5',
      '5 min 00 s',
      '4800.1 % of the time waiting for images, 0.1 % making batches of them',
    ]);
    expect(notes(page)).toEqual([]);
    const titles = find(page, 'svg').map((drawing) => textOf(find(drawing, 'title')[0]!));
    expect(titles).toEqual([
      'Normal cell',
      'Reduction cell',
      'Accuracy on the task',
      'Loss',
      'Learning rate of the weights',
      'Norm of the weight gradients before clipping',
      'Skip connections in the derived cell',
      'Weight on none, mean over the edges',
      'Entropy of the alphas in nats, mean over the edges',
      'Weights of the candidates in the normal cell',
      'Weights of the candidates in the reduce cell',
    ]);
    expect(find(page, 'table', 'rounds').flatMap((table) => find(table, 'tr'))).toHaveLength(6);
  });

  it('gives the genotype to copy in both notations', () => {
    const run = sampleRun();
    const texts = find(read(run), 'pre').map(textOf);
    expect(texts).toHaveLength(2);
    for (const text of texts) expect(parseGenotype(text)).toEqual(run.records.at(-1)!.genotype);
    const given = { ...run, genotype: publishedGenotypes.darts_v2 };
    expect(parseGenotype(find(read(given), 'pre').map(textOf)[0])).toEqual(publishedGenotypes.darts_v2);
  });

  it('needs nothing else: no scripts, no links, no other files', () => {
    const page = read(sampleRun());
    const names = all(page).map(({ name }) => name);
    for (const name of ['script', 'link', 'img', 'iframe', 'object']) expect(names).not.toContain(name);
    const values = all(page).flatMap(({ attributes }) => Object.entries(attributes));
    expect(values.filter(([name]) => /^(src|href|xlink:href|on\w+)$/.test(name))).toEqual([]);
    expect(textOf(find(page, 'style')[0]!)).not.toMatch(/url\(|@import/);
  });

  it('can be read with eyes closed: drawings are images with a title, ids occur once and are found', () => {
    const page = read(sampleRun());
    const ids = all(page).flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const drawing of find(page, 'svg')) {
      expect(drawing.attributes.role).toBe('img');
      for (const id of drawing.attributes['aria-labelledby']!.split(' ')) expect(ids).toContain(id);
      expect(textOf(find(drawing, 'desc')[0]!)).not.toBe('');
    }
    expect(page.attributes.lang).toBe('en');
  });

  it('lists all settings', () => {
    const page = read(sampleRun());
    const rows = find(page, 'div', 'settings')
      .flatMap((list) => find(list, 'tr'))
      .map((row) => childrenOf(row).map(textOf));
    expect(rows).toContainEqual(['backend', 'native']);
    expect(rows).toContainEqual(['mean', '0.49, 0.48, 0.45']);
    expect(rows).toContainEqual(['batch', '64']);
    expect(rows).toContainEqual(['scored', '–']);
    expect(rows).toContainEqual(['threads', '2']);
  });

  it('shows a run that was stopped in its first epoch', () => {
    const page = read(sampleRun({ rounds: 0, asked: 50 }));
    expect(notes(page)).toEqual([expect.stringContaining('The run has not finished its first epoch.')]);
    expect(headings(page)).toEqual(['Settings', 'Environment']);
    expect(figures(page)).toEqual(['–chance 25 %', '0 of 50', '–', '–']);
  });

  it('shows a run that was stopped after its first epoch', () => {
    const page = read(sampleRun({ rounds: 1, asked: 50 }));
    expect(notes(page)[0]).toContain('The run stopped after 1 of 50 epochs.');
    expect(headings(page)).toContain('Alphas');
  });

  it('warns of a collapse, of alphas that have not moved, and of guessing', () => {
    const { config, records } = sampleRun({ rounds: 3, drift: 1e-6 });
    const [last] = records.slice(-1);
    const still = read({ config, records, chance: 0.36 });
    expect(notes(still)).toEqual([
      expect.stringContaining('The alphas have hardly moved.'),
      expect.stringContaining('Accuracy on held-out images is 37.0 %; guessing gets 36.0 %.'),
    ]);
    const health = { ...last!.health!, normal: { ...last!.health!.normal, skips: 5, relativeEntropy: 0.4 } };
    const collapsed = read({ config, records: [...records.slice(0, -1), { ...last!, health }] });
    expect(notes(collapsed)[0]).toContain('5 of the 8 edges of the normal cell are skip connections');
  });

  it('takes chance from the records where it was measured, and names the metric', () => {
    const { config, records } = sampleRun({ rounds: 3 });
    const task = { name: 'segmentation', classes: 19, metric: { name: 'mIoU', chance: null } };
    const measured = (chance: number) =>
      read({ config: { ...config, task }, records: records.map((record) => ({ ...record, chance })) });
    expect(figures(measured(0.288))[0]).toBe('37.0 %chance 28.8 %');
    expect(notes(measured(0.36)).join()).not.toContain('guessing');
    expect(notes(measured(0.368)).join()).toContain(
      'mIoU on held-out images is 37.0 %; guessing gets 36.8 %.',
    );
  });

  it('shows a random search: points, the best, no alphas', () => {
    const { config, records } = sampleRun({ rounds: 4 });
    let state = 1;
    const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const samples = records.map((record, i) => ({
      ...record,
      alphas: null,
      health: null,
      sample: randomGenotype(uniform),
      accuracy: [0.5, 0.7, 0.4, 0.6][i]!,
    }));
    const page = read({ config: { ...config, algorithm: { name: 'random', samples: 4 } }, records: samples });
    expect(headings(page)).not.toContain('Alphas');
    expect(figures(page).slice(0, 2)).toEqual(['70.0 %chance 25 %', '4 of 4']);
    expect(find(page, 'path', 'line')).toHaveLength(0);
    expect(figures(read({ config: { algorithm: { name: 'random', samples: 4 } }, records: [] }))[1]).toBe(
      '0 of 4',
    );
  });

  it('shows how the cell compares with random ones', () => {
    const run = sampleRun();
    const genotype = run.records.at(-1)!.genotype!;
    const baseline = sampleBaseline([0.6, 0.5, 0.52, 0.48], { genotype });
    const page = read({ ...run, baseline });
    expect(headings(page)).toContain('Compared with random cells');
    const text = textOf(find(page, 'body')[0]!);
    expect(text).toContain('The found cell does better than all 3 random cells');
    expect(text).toContain('for 4 epochs on the same 1,024 images');
    expect(text).not.toContain('has gone on since');
    const rows = find(find(page, 'table', 'compared')[0]!, 'tr').map((row) => childrenOf(row).map(textOf));
    expect(rows.map(([name]) => name)).toEqual(['cell', 'found', 'random 1', 'random 2', 'random 3']);
    expect(rows[1]).toEqual(['found', '60.0 %', '62.0 %', '50,000', '5.00 M']);
    expect(find(page, 'circle').filter((point) => find(point, 'title').length > 0)).toHaveLength(3);

    const older = read({ ...run, baseline: sampleBaseline([0.6, 0.5]) });
    expect(textOf(find(older, 'body')[0]!)).toContain('The run has gone on since');
  });

  it('leaves out what is missing or no number, without failing', () => {
    const { config, records } = sampleRun();
    const holes = records.map((record, i) =>
      i === 2
        ? { epoch: 3, loss: Number.NaN, accuracy: null, imagesPerSecond: Number.POSITIVE_INFINITY }
        : record,
    );
    expect(textOf(find(read({ config, records: holes }), 'body')[0]!)).not.toMatch(
      /NaN|Infinity|undefined|null/,
    );
    const bare = read({ config: {}, records: [{ epoch: 1 }] });
    expect(textOf(find(bare, 'h1')[0]!)).toBe('Architecture search');
    expect(textOf(find(bare, 'body')[0]!)).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('escapes all text', () => {
    const evil = `<script>alert("1")</script> & ' \u0000\ud800 \u{1f600}`;
    const run = sampleRun({ rounds: 2 });
    const page = read({
      ...run,
      title: evil,
      config: { ...run.config, [evil]: evil, data: { name: evil } },
      environment: { [evil]: [evil] },
      skipped: [{ file: evil, reason: evil }],
    });
    const shown = `<script>alert("1")</script> & ' \ufffd\ufffd \u{1f600}`;
    expect(textOf(find(page, 'h1')[0]!)).toBe(shown);
    expect(
      find(page, 'td')
        .map(textOf)
        .filter((text) => text === shown).length,
    ).toBe(5);
    expect(find(page, 'script')).toEqual([]);
  });

  it('is well-formed whatever text stands in the config', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        fc.string({ unit: 'binary' }),
        (config, file) => {
          read({ config: config as RunReport['config'], records: [], skipped: [{ file, reason: file }] });
        },
      ),
    );
  });
});
