import { type Edge, edgesByNode } from '@unnas/genotype';
import { textWidth } from './place-labels.ts';

/** A rectangle by its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A state of the cell: 0 and 1 are its inputs, from 2 on its nodes, and the last is its output. */
export interface PlacedState extends Box {
  readonly state: number;
}

/**
 * An edge: it leaves the right side of its input, and its label touches the left side of the node it feeds.
 */
export interface PlacedEdge {
  readonly op: string;
  readonly input: number;
  readonly node: number;
  readonly label: Box;
  /** The curve from the input ends here, and goes on straight to the label. */
  readonly bend: number;
}

export interface CellLayout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
  readonly output: PlacedState;
  /** The nodes that the output concatenates. */
  readonly concat: readonly number[];
}

const FONT = 12;
const MARGIN = 8;
const INPUT = { width: 58, height: 34 };
const NODE = { width: 34, height: 34 };
const OUTPUT_WIDTH = 46;
const LABEL_HEIGHT = 22;
/** Between the two labels of a node, and between the labels of a node and the next row. */
const LABEL_GAP = 8;
const ROW_GAP = 22;
/** Where curves run: between one column and the labels of the next. */
const GUTTER = { first: 84, other: 56 };
/** Between the labels and their node. */
const TIE = 18;

/**
 * Places the parts of a cell from left to right. Each node has a row of its own, and stands in the column
 * after its last input; left of it, in the same row, stand the labels of its two edges. Curves rise and fall
 * only in the gutters between columns, where there are neither labels nor nodes, and go on straight in the
 * row of their label, where there is nothing to the left. So no line ever runs behind a label or a node but
 * its own, and no two labels overlap.
 */
export function layOutCell(cell: readonly Edge[], concat: readonly number[]): CellLayout {
  const nodes = edgesByNode(cell);
  const columns = columnsOf(nodes);
  const rowHeight = 2 * LABEL_HEIGHT + LABEL_GAP + ROW_GAP;
  const rowsHeight = Math.max(1, nodes.length) * rowHeight - ROW_GAP;
  const inputsApart = Math.max(rowsHeight / 3, INPUT.height + LABEL_GAP);
  const height = Math.max(rowsHeight, inputsApart + INPUT.height) + 2 * MARGIN;
  const top = (height - rowsHeight) / 2;
  const rowCentre = (node: number) => top + (node - 2) * rowHeight + LABEL_HEIGHT + LABEL_GAP / 2;

  const lastColumn = Math.max(0, ...columns);
  const labelWidth = Math.max(0, ...cell.map(([op]) => textWidth(op, FONT))) + 18;
  const labelsAt: number[] = [0];
  const nodeAt: number[] = [MARGIN];
  for (let column = 1; column <= lastColumn; column++) {
    const before =
      nodeAt[column - 1]! + (column === 1 ? INPUT.width + GUTTER.first : NODE.width + GUTTER.other);
    labelsAt.push(before);
    nodeAt.push(before + labelWidth + TIE);
  }
  const right = nodeAt[lastColumn]! + (lastColumn === 0 ? INPUT.width : NODE.width);

  const inputs = [0, 1].map((state) => {
    const centre = height / 2 + (state - 0.5) * inputsApart;
    return { state, x: MARGIN, y: centre - INPUT.height / 2, ...INPUT };
  });
  const inner = nodes.map((_, i) => {
    const node = i + 2;
    return { state: node, x: nodeAt[columns[node]!]!, y: rowCentre(node) - NODE.height / 2, ...NODE };
  });
  const states: PlacedState[] = [...inputs, ...inner];

  const edges = nodes.flatMap((pair, i) => {
    const node = i + 2;
    const column = columns[node]!;
    return upperFirst(pair, columns).map(([op, input], lane): PlacedEdge => {
      const y =
        rowCentre(node) + (lane - (pair.length - 1) / 2) * (LABEL_HEIGHT + LABEL_GAP) - LABEL_HEIGHT / 2;
      const source = columns[input]!;
      const label = { x: labelsAt[column]!, y, width: labelWidth, height: LABEL_HEIGHT };
      return { op, input, node, label, bend: labelsAt[source + 1]! };
    });
  });

  const joined = concat.map(rowCentre);
  const outputTop = Math.min(...joined) - NODE.height / 2;
  const outputBottom = Math.max(...joined) + NODE.height / 2;
  const output = {
    state: nodes.length + 2,
    x: right + GUTTER.other,
    y: outputTop,
    width: OUTPUT_WIDTH,
    height: outputBottom - outputTop,
  };
  return { width: output.x + OUTPUT_WIDTH + MARGIN, height, states, edges, output, concat };
}

/** The column of each state: 0 for the inputs, for a node one more than the last column of its inputs. */
function columnsOf(nodes: readonly (readonly Edge[])[]): number[] {
  const columns = [0, 0];
  for (const pair of nodes) columns.push(1 + Math.max(...pair.map(([, input]) => columns[input]!)));
  return columns;
}

/**
 * The edges of a node from the upper to the lower label, so that their curves need not cross: an input in a
 * later column comes from above, in front of the curves of earlier columns; in the same column the upper
 * state stays above.
 */
function upperFirst(pair: readonly Edge[], columns: readonly number[]): readonly Edge[] {
  return [...pair].sort(([, a], [, b]) => columns[b]! - columns[a]! || a - b);
}
