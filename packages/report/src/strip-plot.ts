import { element, escapeText, round, svg } from './markup.ts';
import { textWidth } from './place-labels.ts';
import { roundScale, type Scale } from './scale.ts';

/** One value beside many: where it stands among them. */
export interface StripPlot {
  /** A name of its own within the page. */
  readonly id: string;
  /** What the chart shows, for screen readers. */
  readonly title: string;
  /** The value that stands out. */
  readonly one: { readonly name: string; readonly value: number };
  /** The values that it is compared with; `labels` tell each of them. */
  readonly many: {
    readonly name: string;
    readonly values: readonly number[];
    readonly labels?: readonly string[];
  };
  readonly mean: number;
  /** Drawn as a bar to both sides of the mean, as far as the axis goes; null for none. */
  readonly deviation: number | null;
  /** A line at a value, where the others come near it. */
  readonly reference?: { readonly value: number; readonly name: string };
  /** How a value is written; `step` is the distance of the marks where it is one of those. */
  readonly format: (value: number, step?: number) => string;
  /** Ends that the axis does not go beyond. */
  readonly bounds?: readonly [number, number];
  readonly width?: number;
}

const LABEL_SIZE = 12;
const RADIUS = 5;
const MEAN = 'their mean';
const TOP = 26;
/** From the row of one kind to that of the next. */
const ROW = 32;
/** From one row of points to the next, where they would touch. */
const LANE = 2 * RADIUS + 1;
/** Keeps lines from running through a text. */
const HALO = 'paint-order:stroke;stroke:var(--page);stroke-width:5px;stroke-linejoin:round';

/** A point for each value on one axis: the one that stands out in a row of its own, below it all others, with their mean. */
export function stripPlot(plot: StripPlot): string {
  const { id, title, one, many, mean, format, width = 680 } = plot;
  const reference = nearReference(plot);
  const left = 16 + Math.max(...[one.name, many.name, MEAN].map((name) => textWidth(name, LABEL_SIZE)));
  const right = width - 60;
  const x = roundScale([one.value, ...many.values], [left, right], {
    marks: 6,
    include: [mean, ...(reference ? [reference.value] : [])],
    ...(plot.bounds ? { bounds: plot.bounds } : {}),
  });
  const lanes = lanesOf(many.values.map(x));
  const [highest, lowest] = [Math.min(0, ...lanes), Math.max(0, ...lanes)];
  const middle = TOP + ROW - highest * LANE;
  const below = middle + lowest * LANE;
  const meanRow = many.values.length > 1 ? [below + ROW] : [];
  const bottom = (meanRow[0] ?? below) + 22;
  const step = (x.ticks[1] ?? 1) - x.ticks[0]!;
  const tick = (value: number) =>
    element('path', { class: 'grid', d: `M${round(x(value))} 8V${round(bottom)}` }) +
    element(
      'text',
      { x: x(value), y: bottom + 16, 'text-anchor': 'middle' },
      escapeText(format(value, step)),
    );
  return svg(
    { id, width, height: bottom + 24, title, description: describe(plot) },
    element('g', { class: 'axis' }, ...x.ticks.map(tick)),
    reference
      ? drawReference(x(reference.value), bottom, `${reference.name} ${format(reference.value)}`)
      : '',
    element('text', { x: 0, y: TOP + 4, class: 'strong' }, escapeText(one.name)),
    element('text', { x: 0, y: middle + 4 }, escapeText(many.name)),
    element('path', {
      class: 'leader',
      d: `M${round(x(one.value))} ${TOP + 8}V${round(bottom)}`,
      style: 'stroke:var(--line-second)',
    }),
    ...many.values.map((value, i) =>
      element(
        'circle',
        {
          cx: x(value),
          cy: middle + lanes[i]! * LANE,
          r: RADIUS,
          style: 'fill:var(--line-first);fill-opacity:.8',
        },
        element('title', {}, escapeText(many.labels?.[i] ?? format(value))),
      ),
    ),
    ...meanRow.map((y) => drawMean(x, y, plot)),
    drawOne(x(one.value), format(one.value), width),
  );
}

/**
 * In which row of a strip each point lies so that none touches another: 0 is the middle, then -1, 1, -2, 2 and so on. Points are taken
 * from left to right, so equal data give equal drawings.
 */
function lanesOf(positions: readonly number[]): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]! || a - b);
  const lanes = Array<number>(positions.length).fill(0);
  const ends = new Map<number, number>();
  for (const i of order) {
    let lane = 0;
    while ((ends.get(lane) ?? -Infinity) > positions[i]! - LANE) lane = lane < 0 ? -lane : -lane - 1;
    lanes[i] = lane;
    ends.set(lane, positions[i]!);
  }
  return lanes;
}

/** The reference, unless the axis would be empty for more than half of its length to show it. */
function nearReference({ one, many, reference }: StripPlot): StripPlot['reference'] {
  if (reference === undefined) return undefined;
  const values = [one.value, ...many.values];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const gap = Math.max(low - reference.value, reference.value - high, 0);
  return gap <= high - low ? reference : undefined;
}

function drawReference(at: number, bottom: number, label: string): string {
  return (
    element('path', { class: 'reference', d: `M${round(at)} 8V${round(bottom)}` }) +
    element('text', { x: at + 4, y: bottom - 4, class: 'quiet', style: HALO }, escapeText(label))
  );
}

function drawOne(at: number, label: string, width: number): string {
  const [y, r] = [TOP, RADIUS + 2];
  // The label stands to the left where it would leave the drawing.
  const fits = at + r + 4 + textWidth(label, LABEL_SIZE) <= width;
  return (
    element('path', {
      d: `M${round(at - r)} ${y}L${round(at)} ${y - r}L${round(at + r)} ${y}L${round(at)} ${y + r}Z`,
      style: 'fill:var(--line-second)',
    }) +
    element(
      'text',
      {
        x: fits ? at + r + 5 : at - r - 5,
        y: y + 4,
        class: 'strong',
        style: `fill:var(--line-second);${HALO}`,
        ...(fits ? {} : { 'text-anchor': 'end' }),
      },
      escapeText(label),
    )
  );
}

/** The mean as a mark on a bar that reaches one standard deviation to both sides. */
function drawMean(x: Scale, y: number, { mean, deviation, format }: StripPlot): string {
  const at = x(mean);
  const [low, high] = x.domain;
  const ends = [mean - (deviation ?? 0), mean + (deviation ?? 0)] as const;
  const [from, to] = [x(Math.max(low, ends[0])), x(Math.min(high, ends[1]))];
  const style = 'stroke:var(--line-first);stroke-width:2';
  return (
    element('text', { x: 0, y: y + 4 }, MEAN) +
    element('path', { d: `M${round(from)} ${round(y)}H${round(to)}`, style: `${style};stroke-opacity:.6` }) +
    element('path', { d: `M${round(at)} ${round(y - 6)}V${round(y + 6)}`, style }) +
    element(
      'text',
      { x: Math.max(at, to) + 8, y: y + 4, style: `fill:var(--line-first);${HALO}` },
      escapeText(format(mean)),
    )
  );
}

function describe({ one, many, mean, format }: StripPlot): string {
  const low = format(many.values.reduce((a, b) => Math.min(a, b)));
  const high = format(many.values.reduce((a, b) => Math.max(a, b)));
  const others = low === high ? low : `from ${low} to ${high}, mean ${format(mean)}`;
  return `${one.name}: ${format(one.value)}; ${many.name}: ${others}.`;
}
