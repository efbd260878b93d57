import { CANDIDATES, type CellKind, type Edge, edgesByNode, supernetEdges } from '@unnas/genotype';
import { formatShare, isNumber } from './format-number.ts';
import { drawSeries } from './line-chart.ts';
import { element, escapeText, round, svg } from './markup.ts';
import { operationStroke } from './palette.ts';
import { textWidth } from './place-labels.ts';
import type { RoundRecord } from './run-report.ts';
import { roundScale, roundsScale, type Scale } from './scale.ts';

export interface AlphaChart {
  readonly id: string;
  readonly kind: CellKind;
  readonly records: readonly RoundRecord[];
  /** Names of the columns; those of DARTS by default. */
  readonly candidates?: readonly string[];
  /** The edges of the derived cell, which are marked. */
  readonly kept?: readonly Edge[];
}

const PANEL = { width: 186, height: 92 };
const GAP = { x: 18, y: 34 };
const HEADING = 18;
/** Lines have at most so many points: more cannot be seen. */
const POINTS = 150;

/**
 * The weights of the candidates over the rounds, a small chart an edge: in row and column as the edge leads
 * to and from, so that the charts fill a triangle, and the key the rest. All have the same axes.
 */
export function alphaChart({ id, kind, records, candidates = CANDIDATES, kept = [] }: AlphaChart): string {
  const rounds = thin(records.map((record) => record.alphas?.[kind] ?? []));
  const edges = supernetEdges(nodeCount(Math.max(0, ...rounds.map((weights) => weights.length))));
  const nodes = Math.max(1, ...edges.map(({ node }) => node - 1));
  const height = nodes * (HEADING + PANEL.height + GAP.y) + 4;
  const shares = rounds.flat(2).filter(isNumber);
  const title = `Weights of the candidates in the ${kind} cell`;
  if (shares.length === 0) {
    const text = element('text', { x: 0, y: 24, class: 'quiet' }, 'no numbers');
    return svg({ id, width: 400, height: 40, title, description: 'No numbers.' }, text);
  }
  const y = roundScale(shares, [PANEL.height, 0], {
    marks: 3,
    bounds: [0, 1],
    include: axisFromZero(shares),
  });
  const x = roundsScale(rounds.length, [6, PANEL.width - 6]);
  const left = 10 + Math.max(...y.ticks.map((tick) => textWidth(markOf(tick, y), 11)));
  const width = left + (nodes + 1) * (PANEL.width + GAP.x) - GAP.x + 2;
  const pairs = edgesByNode(kept);
  const panels = edges.map(({ node, input }, row) => {
    const winner = pairs[node - 2]?.find(([, from]) => from === input)?.[0];
    const lines = candidates.map((op, column) => ({
      op,
      values: rounds.map((weights) => weights[row]?.[column]),
    }));
    const at = {
      x: left + input * (PANEL.width + GAP.x),
      y: (node - 2) * (HEADING + PANEL.height + GAP.y) + HEADING,
    };
    return element(
      'g',
      { transform: `translate(${round(at.x)} ${round(at.y)})`, 'data-edge': `${input}-${node}` },
      drawPanel(lines, x, y, { from: input, to: node, winner, last: records.length }),
    );
  });
  const free = { x: left + 2 * (PANEL.width + GAP.x) + 22, y: HEADING };
  const description = `${edges.length} charts, one an edge; the weights lie between ${formatShare(Math.min(...y.domain))} and ${formatShare(Math.max(...y.domain))}.`;
  return svg({ id, width, height, title, description }, drawKey(candidates, free.x, free.y), ...panels);
}

interface Panel {
  readonly from: number;
  readonly to: number;
  readonly winner: string | undefined;
  /** The number of the last round. */
  readonly last: number;
}

function drawPanel(
  lines: readonly { op: string; values: readonly (number | undefined)[] }[],
  x: Scale,
  y: Scale,
  { from, to, winner, last }: Panel,
): string {
  const marks = y.ticks.map((tick) => {
    const line = element('path', { class: 'grid', d: `M0 ${round(y(tick))}H${PANEL.width}` });
    const label = { x: -7, y: y(tick) + 4, 'text-anchor': 'end' };
    return from === 0 ? line + element('text', label, markOf(tick, y)) : line;
  });
  const below = PANEL.height + 15;
  const ends =
    last > 1
      ? element('text', { x: x(x.domain[0]), y: below }, '1') +
        element('text', { x: x(x.domain[1]), y: below, 'text-anchor': 'end' }, `${last}`)
      : element('text', { x: PANEL.width / 2, y: below, 'text-anchor': 'middle' }, `${last}`);
  const heading = element('text', { x: 0, y: -6, class: winner ? 'strong' : 'quiet' }, `${from} → ${to}`);
  const choice = winner ? drawChoice(winner) : '';
  // The winner is drawn last, over the others.
  const order = [...lines].sort((a, b) => Number(a.op === winner) - Number(b.op === winner));
  return [
    winner ? element('rect', { class: 'panel', width: PANEL.width, height: PANEL.height }) : '',
    element('g', { class: 'axis' }, ...marks, ends),
    heading,
    choice,
    ...order.map(({ op, values }) =>
      drawSeries({ name: op, values, stroke: operationStroke(op) }, x, y, {
        weight: op === winner ? 'bold' : 'thin',
        end: op === winner,
      }),
    ),
  ].join('');
}

/** The operation that an edge keeps, beside the name of the edge, after a dot in its colour. */
function drawChoice(op: string): string {
  return (
    element('circle', { cx: 48, cy: -10, r: 4, style: `fill:${operationStroke(op).colour}` }) +
    element('text', { x: 57, y: -6, class: 'strong' }, escapeText(op))
  );
}

function drawKey(candidates: readonly string[], x: number, y: number): string {
  const column = 60 + Math.max(...candidates.map((op) => textWidth(op, 12)));
  const rows = Math.ceil(candidates.length / 2);
  return candidates
    .map((op, i) => {
      const at = { x: x + Math.floor(i / rows) * column, y: y + 8 + (i % rows) * 22 };
      const { colour, dash } = operationStroke(op);
      const line = element('path', {
        class: 'line',
        d: `M${round(at.x)} ${round(at.y)}h28`,
        style: `stroke:${colour}`,
        'stroke-dasharray': dash,
      });
      return line + element('text', { x: at.x + 38, y: at.y + 4, 'data-key': op }, escapeText(op));
    })
    .join('');
}

/** Zero, unless all weights lie in so narrow a band that they could not be told apart. */
function axisFromZero(shares: readonly number[]): number[] {
  const low = shares.reduce((a, b) => Math.min(a, b));
  const high = shares.reduce((a, b) => Math.max(a, b));
  return low <= high * 0.6 ? [0] : [];
}

/** A mark of the vertical axis, with the digits that tell it from the next. */
function markOf(tick: number, { ticks }: Scale): string {
  const step = ticks.length > 1 ? 100 * (ticks[1]! - ticks[0]!) : 1;
  return formatShare(tick, step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
}

/** The number of nodes n for which n (n + 3) / 2 edges lead into them. */
function nodeCount(edges: number): number {
  return Math.floor((Math.sqrt(9 + 8 * edges) - 3) / 2);
}

/** At most `POINTS` of the items, evenly spread, the first and the last among them. */
function thin<T>(items: readonly T[]): T[] {
  if (items.length <= POINTS) return [...items];
  return Array.from(
    { length: POINTS },
    (_, i) => items[Math.round((i * (items.length - 1)) / (POINTS - 1))]!,
  );
}
