import type { Edge } from '@unnas/genotype';
import { type Box, type CellLayout, layOutCell, type PlacedEdge, type PlacedState } from './cell-layout.ts';
import { element, escapeText, round, svg } from './markup.ts';
import { operationStroke } from './palette.ts';
import { drawingStyle } from './style.ts';

export interface CellDrawingOptions {
  /** A name of its own within the page, `cell` by default. */
  readonly id?: string;
  /** `Cell` by default. */
  readonly title?: string;
}

/**
 * A cell as a picture of its own: a graph from left to right, each edge labelled with its operation and in
 * the colour of its kind. Numbers are those of the genotype: 0 and 1 are the outputs of the two cells before,
 * from 2 on the nodes.
 *
 * @param cell the edges of one kind of cell, two a node
 * @param concat the nodes that make the output
 */
export function cellSvg(
  cell: readonly Edge[],
  concat: readonly number[],
  options: CellDrawingOptions = {},
): string {
  return drawCell(cell, concat, options, element('style', {}, drawingStyle('svg')));
}

/** The same for a page that has the style already. */
export function drawCell(
  cell: readonly Edge[],
  concat: readonly number[],
  { id = 'cell', title = 'Cell' }: CellDrawingOptions,
  style = '',
): string {
  const layout = layOutCell(cell, concat);
  return svg(
    { id, width: layout.width, height: layout.height, title, description: describeCell(cell, concat) },
    style,
    ...concat.map((node) => drawOutputLine(layout, node)),
    ...layout.edges.map((edge) => drawEdgeLine(layout, edge)),
    ...layout.edges.map(drawLabel),
    ...layout.states.map((state) => drawState(state)),
    drawState(layout.output, 'output'),
  );
}

function describeCell(cell: readonly Edge[], concat: readonly number[]): string {
  const edges = cell.map(([op, input], i) => `${op} from ${nameOf(input)} to node ${2 + Math.floor(i / 2)}`);
  return `${edges.join(', ')}. The output joins nodes ${concat.join(', ')}.`;
}

function nameOf(state: number): string {
  return state < 2 ? `input ${state}` : `node ${state}`;
}

function drawEdgeLine(layout: CellLayout, { op, input, node, label, bend }: PlacedEdge): string {
  const from = rightOf(layout.states[input]!);
  const to = leftOf(layout.states[node]!);
  const y = label.y + label.height / 2;
  const middle = (from.x + bend) / 2;
  const end = label.x + label.width;
  const stroke = operationStroke(op);
  const path = [
    `M${round(from.x)} ${round(from.y)}`,
    `C${round(middle)} ${round(from.y)} ${round(middle)} ${round(y)} ${round(bend)} ${round(y)}`,
    `H${round(label.x)}`,
    `M${round(end)} ${round(y)}`,
    `C${round((end + to.x) / 2)} ${round(y)} ${round((end + to.x) / 2)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`,
  ].join('');
  return element('path', {
    class: 'edge',
    d: path,
    style: `stroke:${stroke.colour}`,
    'stroke-dasharray': op === 'none' ? stroke.dash : undefined,
    'data-edge': `${input}-${node}`,
  });
}

function drawLabel({ op, label, input, node }: PlacedEdge): string {
  const { colour } = operationStroke(op);
  return element(
    'g',
    { class: 'op', 'data-label': `${input}-${node}` },
    element('rect', { ...label, rx: label.height / 2, class: 'ground' }),
    element('rect', {
      ...label,
      rx: label.height / 2,
      style: `fill:${colour};fill-opacity:.13;stroke:${colour}`,
    }),
    element('text', { x: label.x + label.width / 2, y: label.y + label.height / 2 + 4 }, escapeText(op)),
  );
}

function drawState(box: PlacedState, kind = box.state < 2 ? 'input' : 'node'): string {
  const { state, x, y, width, height } = box;
  const centre = { x: x + width / 2, y: y + height / 2 + 4.5 };
  const name =
    kind === 'node'
      ? element('text', centre, `${state}`)
      : element(
          'text',
          centre,
          'c',
          element('tspan', { dy: 4, class: 'small' }, INDEX[kind === 'output' ? 2 : state]!),
        );
  return element(
    'g',
    { class: kind, 'data-state': state },
    element('rect', { x, y, width, height, rx: kind === 'node' ? height / 2 : 6 }),
    name,
  );
}

/** What stands below the letter c of the inputs and the output. */
const INDEX = ['k−2', 'k−1', 'k'];

function drawOutputLine({ states, output }: CellLayout, node: number): string {
  const from = rightOf(states[node]!);
  return element('path', { class: 'joins', d: `M${round(from.x)} ${round(from.y)}H${round(output.x)}` });
}

function rightOf(box: Box): { x: number; y: number } {
  return { x: box.x + box.width, y: box.y + box.height / 2 };
}

function leftOf(box: Box): { x: number; y: number } {
  return { x: box.x, y: box.y + box.height / 2 };
}
