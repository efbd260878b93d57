import { element, escapeText, svg } from './markup.ts';
import { textWidth } from './place-labels.ts';
import { logScale, type Scale } from './scale.ts';

export interface RooflinePoint {
  /** What it is, shown when pointed at. */
  readonly name: string;
  /** One of the groups of the chart. */
  readonly group: string;
  /** Operations for each byte that must be read or written. */
  readonly intensity: number;
  /** GFLOP/s */
  readonly rate: number;
  /** Drawn as a ring in place of a disc. */
  readonly open?: boolean;
}

/** Rates of arithmetic beside what a machine allows (Williams, Waterman, Patterson, CACM 2009). */
export interface RooflineChart {
  /** A name of its own within the page. */
  readonly id: string;
  readonly title: string;
  readonly points: readonly RooflinePoint[];
  /** The roof: memory in GB/s, arithmetic in GFLOP/s. */
  readonly ceilings: { readonly gigabytesPerSecond: number; readonly gigaflopsPerSecond: number };
  /** A CSS colour for each group. */
  readonly groups: Readonly<Record<string, string>>;
  /** How a rate or an intensity is written. */
  readonly format: (value: number) => string;
  readonly width?: number;
  readonly height?: number;
}

const TOP = 14;
const LEFT = 48;
const BOTTOM = 40;
const HALO = 'paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round';

/** Both axes in powers of ten; the roof rises with the intensity until arithmetic is the limit. */
export function rooflineChart(chart: RooflineChart): string {
  const { id, title, points, ceilings, groups, format, width = 760, height = 400 } = chart;
  const legend = 20 + Math.max(...Object.keys(groups).map((name) => textWidth(name, 12)));
  const right = width - legend - 20;
  const ridge = ceilings.gigaflopsPerSecond / ceilings.gigabytesPerSecond;
  // The slope is to be seen as well, and so is a little of the flat roof.
  const intensities = [...points.map(({ intensity }) => intensity), ridge / 12, 3 * ridge];
  const x = logScale(intensities, [LEFT, right]);
  const y = logScale(
    [...points.map(({ rate }) => rate), ceilings.gigaflopsPerSecond],
    [height - BOTTOM, TOP],
  );
  return svg(
    { id, width, height, title, description: describe(chart) },
    axes(x, y, right, height, format),
    roof(chart, x, y, right),
    ...points.map(({ name, group, intensity, rate, open = false }) => {
      const colour = groups[group] ?? 'var(--quiet)';
      const style = open
        ? `fill:var(--page);stroke:${colour};stroke-width:1.8`
        : `fill:${colour};fill-opacity:.85`;
      const text = `${name}: ${format(rate)} GFLOP/s, ${format(intensity)} operations a byte`;
      return element(
        'circle',
        { cx: x(intensity), cy: y(rate), r: open ? 4 : 4.5, style },
        element('title', {}, escapeText(text)),
      );
    }),
    ...Object.entries(groups).map(
      ([name, colour], i) =>
        element('circle', { cx: right + 24, cy: TOP + 8 + 20 * i, r: 4.5, style: `fill:${colour}` }) +
        element('text', { x: right + 34, y: TOP + 12 + 20 * i }, escapeText(name)),
    ),
  );
}

function axes(x: Scale, y: Scale, right: number, height: number, format: (value: number) => string): string {
  const bottom = height - BOTTOM;
  return element(
    'g',
    { class: 'axis' },
    ...y.ticks.map(
      (tick) =>
        element('path', { class: 'grid', d: `M${LEFT} ${y(tick).toFixed(1)}H${right.toFixed(1)}` }) +
        element('text', { x: LEFT - 8, y: y(tick) + 4, 'text-anchor': 'end' }, escapeText(format(tick))),
    ),
    ...x.ticks.map(
      (tick) =>
        element('path', { class: 'grid', d: `M${x(tick).toFixed(1)} ${TOP}V${bottom}` }) +
        element('text', { x: x(tick), y: bottom + 16, 'text-anchor': 'middle' }, escapeText(format(tick))),
    ),
    element('text', { x: right, y: height - 6, 'text-anchor': 'end' }, 'operations for each byte'),
    element('text', { x: LEFT + 6, y: TOP + 2 }, 'GFLOP/s'),
  );
}

function roof({ ceilings, format }: RooflineChart, x: Scale, y: Scale, right: number): string {
  const { gigaflopsPerSecond: flat, gigabytesPerSecond: slope } = ceilings;
  // The slope begins where the drawing does: at its left edge or at its lower one.
  const start = Math.max(x.domain[0], y.domain[0] / slope);
  const ridge = flat / slope;
  const path = `M${x(start).toFixed(1)} ${y(start * slope).toFixed(1)}L${x(ridge).toFixed(1)} ${y(flat).toFixed(1)}H${right.toFixed(1)}`;
  const along = Math.sqrt(start * ridge);
  return (
    element('path', { d: path, style: 'fill:none;stroke:var(--ink);stroke-width:1.6' }) +
    element(
      'text',
      { x: right - 4, y: y(flat) - 6, 'text-anchor': 'end', class: 'strong', style: HALO },
      escapeText(`multiply-adds ${format(flat)} GFLOP/s`),
    ) +
    element(
      'text',
      { x: x(along) + 10, y: y(along * slope) + 12, class: 'strong', style: HALO },
      escapeText(`memory ${format(slope)} GB/s`),
    )
  );
}

function describe({ points, ceilings, format }: RooflineChart): string {
  const best = points.reduce((most, { rate }) => Math.max(most, rate), 0);
  return `${points.length} points below a roof of ${format(ceilings.gigabytesPerSecond)} GB/s and ${format(ceilings.gigaflopsPerSecond)} GFLOP/s; the highest has ${format(best)} GFLOP/s.`;
}
