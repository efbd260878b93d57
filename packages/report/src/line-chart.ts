import { isNumber } from './format-number.ts';
import { element, escapeText, round, svg } from './markup.ts';
import type { Stroke } from './palette.ts';
import { placeLabels, textWidth } from './place-labels.ts';
import { roundScale, roundsScale, type Scale } from './scale.ts';

export interface Series {
  readonly name: string;
  /** One value a round, from round 1. What is missing or not finite leaves a gap. */
  readonly values: readonly (number | null | undefined)[];
  readonly stroke: Stroke;
  /** Draws points without a line, for rounds that do not follow from each other. */
  readonly points?: boolean;
}

export interface LineChart {
  /** A name of its own within the page. */
  readonly id: string;
  /** What the chart shows, for screen readers. */
  readonly title: string;
  readonly series: readonly Series[];
  /** What a round is called: `epoch` by default. */
  readonly round?: string;
  /** How a value is written. */
  readonly format: (value: number) => string;
  /** A horizontal line at a value that the series are to be compared with. */
  readonly reference?: { readonly value: number; readonly name: string };
  /** Values that the vertical axis shows in any case. */
  readonly include?: readonly number[];
  /** Ends that the vertical axis does not go beyond. */
  readonly bounds?: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
}

const TOP = 12;
const BOTTOM = 26;
const LABEL_SIZE = 12;
const LABEL_GAP = 16;

/** Curves over the rounds of a run, each named at its right end, with few grid lines. */
export function lineChart(chart: LineChart): string {
  const { id, title, series, format, reference, width = 520, height = 220 } = chart;
  const rounds = Math.max(0, ...series.map(({ values }) => values.length));
  const finite = series.flatMap(({ values }) => values.filter(isNumber));
  const drawing = { id, width, height, title, description: describe(chart) };
  if (finite.length === 0) {
    const text = element(
      'text',
      { x: width / 2, y: height / 2, 'text-anchor': 'middle', class: 'quiet' },
      'no numbers',
    );
    return svg(drawing, text);
  }
  const y = roundScale(finite, [height - BOTTOM, TOP], {
    include: [...(chart.include ?? []), ...fromZero(finite), ...(reference ? [reference.value] : [])],
    ...(chart.bounds ? { bounds: chart.bounds } : {}),
  });
  const labels = endLabels(chart, y);
  const left = 10 + Math.max(...y.ticks.map((tick) => textWidth(format(tick), 11)));
  const right = width - 20 - Math.max(...labels.map(({ text }) => textWidth(text, LABEL_SIZE)));
  const x = roundsScale(rounds, [left, right]);
  return svg(
    drawing,
    axes(chart, x, y, left, right),
    reference
      ? element('path', {
          class: 'reference',
          d: `M${round(left)} ${round(y(reference.value))}H${round(right)}`,
        })
      : '',
    ...series.map((line) => drawSeries(line, x, y)),
    ...drawLabels(labels, right, height),
  );
}

/** Zero, where an axis from zero on leaves enough of the height to the values. */
function fromZero(values: readonly number[]): number[] {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low >= 0 && low <= high * 0.6 ? [0] : [];
}

function axes(
  { format, round: name = 'epoch', height = 220 }: LineChart,
  x: Scale,
  y: Scale,
  left: number,
  right: number,
): string {
  const marks = y.ticks.map((tick) => {
    const at = y(tick);
    return (
      element('path', { class: 'grid', d: `M${round(left)} ${round(at)}H${round(right)}` }) +
      element('text', { x: left - 8, y: at + 4, 'text-anchor': 'end' }, escapeText(format(tick)))
    );
  });
  const below = height - BOTTOM + 17;
  const rounds = x.ticks.map((tick) =>
    element('text', { x: x(tick), y: below, 'text-anchor': 'middle' }, `${tick}`),
  );
  const unit = element('text', { x: right + 14, y: below }, escapeText(name));
  return element('g', { class: 'axis' }, ...marks, ...rounds, unit);
}

/**
 * A line, broken where values are missing. A value without neighbours is a point, and so is the last where `end`
 * says so. `weight` is a class.
 */
export function drawSeries(
  { values, stroke, points = false }: Series,
  x: Scale,
  y: Scale,
  { weight = '', end = true } = {},
): string {
  const all = values.map((value, i) => (isNumber(value) ? ([i, value] as const) : undefined));
  const runs = points ? [] : runsOf(all);
  const given = all.filter((point) => point !== undefined);
  const path = runs
    .filter((run) => run.length > 1)
    .map((run) => `M${run.map(([i, value]) => `${round(x(i + 1))} ${round(y(value))}`).join('L')}`)
    .join('');
  const alone = runs.filter((run) => run.length === 1).flat();
  const dots = points ? given : [...new Set([...alone, ...(end ? given.slice(-1) : [])])];
  return (
    (path === ''
      ? ''
      : element('path', {
          class: `line ${weight}`.trim(),
          d: path,
          style: `stroke:${stroke.colour}`,
          'stroke-dasharray': stroke.dash,
        })) +
    dots
      .map(([i, value]) =>
        element('circle', { cx: x(i + 1), cy: y(value), r: 3, style: `fill:${stroke.colour}` }),
      )
      .join('')
  );
}

type Point = readonly [index: number, value: number];

/** The points that have neighbours together, the others alone. */
function runsOf(points: readonly (Point | undefined)[]): Point[][] {
  const runs: Point[][] = [[]];
  for (const point of points) {
    if (point) runs.at(-1)!.push(point);
    else if (runs.at(-1)!.length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

interface EndLabel {
  readonly text: string;
  /** Height at which the line ends. */
  readonly at: number;
  readonly colour: string;
}

function endLabels({ series, reference, format }: LineChart, y: Scale): EndLabel[] {
  const ends = series.flatMap(({ name, values, stroke }): EndLabel[] => {
    const last = values.findLast(isNumber);
    return isNumber(last) ? [{ text: `${name} ${format(last)}`, at: y(last), colour: stroke.colour }] : [];
  });
  if (!reference) return ends;
  const text = `${reference.name} ${format(reference.value)}`;
  return [...ends, { text, at: y(reference.value), colour: 'var(--quiet)' }];
}

/** Names beside the ends of the lines, moved apart where they would touch. */
function drawLabels(labels: readonly EndLabel[], right: number, height: number): string[] {
  const wishes = labels.map(({ at }) => at);
  const placed = placeLabels(wishes, LABEL_GAP, TOP, height - BOTTOM - 4);
  return labels.map(({ text, at, colour }, i) => {
    const y = placed[i]!;
    const moved = Math.abs(y - at) > 3;
    return (
      (moved
        ? element('path', {
            class: 'leader',
            d: `M${round(right + 4)} ${round(at)}L${round(right + 12)} ${round(y)}`,
            style: `stroke:${colour}`,
          })
        : '') +
      element('text', { x: right + 14, y: y + 4, class: 'label', style: `fill:${colour}` }, escapeText(text))
    );
  });
}

function describe({ series, format, reference, round: name = 'epoch' }: LineChart): string {
  const parts = series.map(({ name: line, values }) => {
    const finite = values.filter(isNumber);
    if (finite.length === 0) return `${line}: no numbers`;
    const [first, last] = [format(finite[0]!), format(finite.at(-1)!)];
    return `${line}: ${finite.length === 1 ? last : `from ${first} to ${last}`} over ${finite.length} ${name}s`;
  });
  if (reference) parts.push(`${reference.name}: ${format(reference.value)}`);
  return `${parts.join('; ')}.`;
}
