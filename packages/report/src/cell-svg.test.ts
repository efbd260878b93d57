import { type Edge, edgesByNode, type Genotype, publishedGenotypes, randomGenotype } from '@unnas/genotype';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { find, readXml, textOf } from '../fixtures/read-xml.ts';
import { type Box, type CellLayout, layOutCell } from './cell-layout.ts';
import { cellSvg } from './cell-svg.ts';

/** Cells of 1 to 6 nodes with any inputs, the same twice too, and any nodes in the output. */
const cells = fc
  .record({
    numbers: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    nodes: fc.integer({ min: 1, max: 6 }),
    repeated: fc.boolean(),
    joined: fc.nat(),
  })
  .map(({ numbers, nodes, repeated, joined }) => {
    const { normal } = randomGenotype(() => numbers.next().value as number, { nodes });
    const edges = repeated
      ? normal.map(([op, input], i): Edge => (i % 2 === 1 ? [op, normal[i - 1]![1]] : [op, input]))
      : normal;
    const concat = Array.from({ length: nodes }, (_, i) => i + 2).filter(
      (node) => ((joined >> node) & 1) === 0,
    );
    return { edges, concat: concat.length > 0 ? concat : [2] };
  });

const published = Object.entries<Genotype>(publishedGenotypes).flatMap(([name, genotype]) =>
  (['normal', 'reduce'] as const).map((kind) => ({
    name: `${name} ${kind}`,
    edges: genotype[kind],
    concat: genotype[`${kind}_concat`],
  })),
);

function overlap(a: Box, b: Box, gap = 0): boolean {
  return (
    a.x < b.x + b.width + gap &&
    b.x < a.x + a.width + gap &&
    a.y < b.y + b.height + gap &&
    b.y < a.y + a.height + gap
  );
}

/** Points along the way of an edge from its input to its label, as the drawing has it. */
function curve(
  layout: CellLayout,
  { input, label, bend }: CellLayout['edges'][number],
): { x: number; y: number }[] {
  const from = layout.states[input]!;
  const start = { x: from.x + from.width, y: from.y + from.height / 2 };
  const end = { x: bend, y: label.y + label.height / 2 };
  const steps = Array.from({ length: 101 }, (_, i) => i / 100);
  const bent = steps.map((t) => {
    const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3];
    const middle = (start.x + end.x) / 2;
    return { x: a * start.x + (b + c) * middle + d * end.x, y: (a + b) * start.y + (c + d) * end.y };
  });
  const straight = steps.map((t) => ({ x: end.x + t * (label.x - end.x), y: end.y }));
  return [...bent, ...straight];
}

function check(edges: readonly Edge[], concat: readonly number[]): void {
  const layout = layOutCell(edges, concat);
  const boxes = [...layout.states, layout.output, ...layout.edges.map(({ label }) => label)];
  for (const [i, box] of boxes.entries()) {
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(layout.width);
    expect(box.y + box.height).toBeLessThanOrEqual(layout.height);
    expect(boxes.slice(i + 1).find((other) => overlap(box, other, 6))).toBeUndefined();
  }
  for (const edge of layout.edges) {
    const foreign = boxes.filter((box) => box !== edge.label && box !== layout.states[edge.input]);
    const points = curve(layout, edge).map((point) => ({ ...point, width: 0, height: 0 }));
    const hit = foreign.find((box) => points.some((point) => overlap(box, point)));
    expect(hit, `the way of ${edge.op} from ${edge.input} to ${edge.node}`).toBeUndefined();
    // From left to right.
    const source = layout.states[edge.input]!;
    expect(source.x + source.width).toBeLessThan(edge.bend);
    expect(edge.bend).toBeLessThanOrEqual(edge.label.x);
    expect(edge.label.x + edge.label.width).toBeLessThan(layout.states[edge.node]!.x);
  }
}

describe('layOutCell', () => {
  it.each(published)('keeps labels, nodes and lines of $name apart', ({ edges, concat }) =>
    check(edges, concat),
  );

  it('keeps them apart in any cell', () => {
    fc.assert(fc.property(cells, ({ edges, concat }) => check(edges, concat)));
  });
});

describe('cellSvg', () => {
  it('draws each state and each edge once, with its operation', () => {
    fc.assert(
      fc.property(cells, ({ edges, concat }) => {
        const drawing = readXml(cellSvg(edges, concat));
        const nodes = edgesByNode(edges);
        expect(find(drawing, 'g', 'input')).toHaveLength(2);
        expect(find(drawing, 'g', 'node').map(textOf)).toEqual(nodes.map((_, i) => `${i + 2}`));
        expect(find(drawing, 'g', 'output').map(textOf)).toEqual(['ck']);
        expect(find(drawing, 'path', 'joins')).toHaveLength(concat.length);
        const wanted = nodes.flatMap((pair, i) => pair.map(([op, input]) => `${input}-${i + 2} ${op}`));
        const labels = find(drawing, 'g', 'op').map((g) => `${g.attributes['data-label']} ${textOf(g)}`);
        expect(labels.sort()).toEqual(wanted.sort());
        const lines = find(drawing, 'path', 'edge').map((line) => line.attributes['data-edge']);
        expect(lines.sort()).toEqual(wanted.map((edge) => edge.split(' ')[0]).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('is a picture of its own with a title and a description', () => {
    const { edges, concat } = published.find(({ name }) => name === 'darts_v2 normal')!;
    const drawing = readXml(cellSvg(edges, concat, { id: 'mine', title: 'A & B' }));
    expect(drawing.name).toBe('svg');
    expect(drawing.attributes).toMatchObject({
      xmlns: 'http://www.w3.org/2000/svg',
      role: 'img',
      'aria-labelledby': 'mine-title mine-description',
    });
    expect(textOf(find(drawing, 'title')[0]!)).toBe('A & B');
    expect(textOf(find(drawing, 'desc')[0]!)).toContain('dil_conv_3x3 from node 2 to node 5');
    expect(textOf(find(drawing, 'style')[0]!)).toContain('prefers-color-scheme:dark');
  });
});
