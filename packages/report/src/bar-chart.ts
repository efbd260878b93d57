import { element, escapeText, svg } from './markup.ts';
import { textWidth } from './place-labels.ts';
import { logScale, roundScale, type Scale } from './scale.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What stands behind the bar: the value with its unit, and what else there is to say. */
  readonly label: string;
  /** A CSS colour; that of the first series by default. */
  readonly colour?: string;
}

/** Values of one kind beside each other. */
export interface BarChart {
  /** A name of its own within the page. */
  readonly id: string;
  /** What the chart shows, for screen readers. */
  readonly title: string;
  readonly bars: readonly Bar[];
  /** A line at a value that no bar should miss or exceed. */
  readonly reference?: { readonly value: number; readonly name: string };
  /** Powers of ten, for values that are orders of magnitude apart. Positive values only. */
  readonly logarithmic?: boolean;
  /** How a mark of the axis is written. */
  readonly format: (value: number) => string;
  readonly width?: number;
}

const ROW = 26;
const THICKNESS = 15;
const TOP = 8;
const SIZE = 12;

/** Horizontal bars, each with its name before it and its value behind it. */
export function barChart(chart: BarChart): string {
  const { id, title, bars, reference, format, width = 520 } = chart;
  const left = 10 + Math.max(0, ...bars.map(({ name }) => textWidth(name, SIZE)));
  const behind = 14 + Math.max(0, ...bars.map(({ label }) => textWidth(label, SIZE)));
  const bottom = TOP + bars.length * ROW + (reference ? 16 : 2);
  const x = scaleOf(chart, left, Math.max(left + 60, width - behind));
  const marks = x.ticks.map(
    (tick) =>
      element('path', { class: 'grid', d: `M${x(tick).toFixed(1)} ${TOP}V${bottom}` }) +
      element('text', { x: x(tick), y: bottom + 15, 'text-anchor': 'middle' }, escapeText(format(tick))),
  );
  const drawn = bars.map(({ name, value, label, colour = 'var(--line-first)' }, i) => {
    const y = TOP + i * ROW + (ROW - THICKNESS) / 2;
    const from = x.range[0];
    const to = x(value);
    return (
      element('text', { x: left - 8, y: y + 12, 'text-anchor': 'end' }, escapeText(name)) +
      element('rect', {
        ...{ x: from, y, width: Math.max(1, to - from), height: THICKNESS, rx: 1.5 },
        style: `fill:${colour}`,
      }) +
      element('text', { x: to + 6, y: y + 12, class: 'label', style: HALO }, escapeText(label))
    );
  });
  return svg(
    { id, width, height: bottom + 22, title, description: describe(chart) },
    element('g', { class: 'axis' }, ...marks),
    ...(reference ? [referenceLine(x(reference.value), bottom, reference.name, width)] : []),
    ...drawn,
  );
}

/** Keeps lines from running through a text. */
const HALO = 'paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round';

function scaleOf(
  { bars, reference, logarithmic = false }: BarChart,
  left: number,
  right: number,
): Scale & { range: readonly [number, number] } {
  const values = bars.map(({ value }) => value);
  const shown = [...values, ...(reference ? [reference.value] : [])];
  const range = [left, right] as const;
  const scale = logarithmic ? logScale(shown, range) : roundScale(shown, range, { marks: 4, include: [0] });
  return Object.assign(scale, { range });
}

function referenceLine(at: number, bottom: number, name: string, width: number): string {
  const fits = at + 4 + textWidth(name, 11) <= width;
  return (
    element('path', { class: 'reference', d: `M${at.toFixed(1)} ${TOP}V${bottom}` }) +
    element(
      'text',
      { x: fits ? at + 4 : at - 4, y: bottom - 3, class: 'quiet', ...(fits ? {} : { 'text-anchor': 'end' }) },
      escapeText(name),
    )
  );
}

function describe({ bars, reference }: BarChart): string {
  const parts = bars.map(({ name, label }) => `${name}: ${label}`);
  if (reference) parts.push(`a line for ${reference.name}`);
  return `${parts.join('; ')}.`;
}
