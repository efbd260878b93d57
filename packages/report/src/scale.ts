/** A straight map from data to pixels, with the marks of its axis. */
export interface Scale {
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
  /** The pixel of a value. */
  (value: number): number;
}

/**
 * A scale whose ends are marks at round numbers around the values.
 *
 * @param values finite numbers, at least one
 * @param range the pixels of the low and the high end
 * @param options `marks`: about how many steps at most; `include`: values that the axis shows in any case; `bounds`: ends
 *   that the axis does not go beyond
 */
export function roundScale(
  values: readonly number[],
  range: readonly [number, number],
  options: { marks?: number; include?: readonly number[]; bounds?: readonly [number, number] } = {},
): Scale {
  const { marks = 5, include = [], bounds = [-Infinity, Infinity] } = options;
  const all = [...values, ...include];
  let low = all.reduce((a, b) => Math.min(a, b), Infinity);
  let high = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Next to the smallest numbers there are, steps of an axis would be none.
  const tiny = size < 1e-100;
  if (tiny || high - low <= 1e-9 * size) {
    const margin = tiny ? 1 : 0.1 * size;
    [low, high] = [Math.max(low - margin, bounds[0]), Math.min(high + margin, bounds[1])];
  }
  const step = roundStep((high - low) / marks);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step)).filter(
    (tick) => tick >= bounds[0] - 1e-12 && tick <= bounds[1] + 1e-12,
  );
  return linear([ticks[0]!, ticks.at(-1)!], range, ticks);
}

/** A scale over the rounds from 1 to `count`, with whole marks; a single round stands in the middle. */
export function roundsScale(count: number, range: readonly [number, number], marks = 6): Scale {
  if (count <= 1) return linear([0.5, 1.5], range, [1]);
  const step = Math.max(1, roundStep((count - 1) / marks));
  const inner = Array.from({ length: Math.floor(count / step) }, (_, i) => (i + 1) * step);
  // The first round always has a mark, and the last; marks too near to them give way.
  const ticks = [1, ...inner.filter((tick) => tick - 1 > step / 2 && count - tick > step / 2), count];
  return linear([1, count], range, [...new Set(ticks)]);
}

/**
 * A scale in which equal distances are equal ratios, with marks at powers of ten, and at 2 and 5 times these where they are few.
 *
 * @param values positive and finite, at least one
 */
export function logScale(values: readonly number[], range: readonly [number, number]): Scale {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), 0);
  if (!(low > 0 && high < Infinity)) throw new RangeError(`expected positive numbers, got ${low} to ${high}`);
  const steps = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
  const ticks = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => steps.map((step) => clean(step * 10 ** (Math.floor(Math.log10(low)) + i))),
  ).flat();
  const first = ticks.findLast((tick) => tick <= low * (1 + 1e-9))!;
  const last = ticks.find((tick) => tick >= high * (1 - 1e-9) && tick > first)!;
  const inner = linear([Math.log10(first), Math.log10(last)], range, []);
  return Object.assign((value: number) => inner(Math.log10(value)), {
    domain: [first, last] as const,
    ticks: ticks.filter((tick) => tick >= first && tick <= last),
  });
}

function linear(
  domain: readonly [number, number],
  range: readonly [number, number],
  ticks: readonly number[],
): Scale {
  const slope = (range[1] - range[0]) / (domain[1] - domain[0]);
  return Object.assign((value: number) => range[0] + (value - domain[0]) * slope, { domain, ticks });
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  for (const factor of [1, 2, 5, 10]) {
    if (factor * power >= step * (1 - 1e-9)) return clean(factor * power);
  }
  return 10 * power;
}

/** Takes off the last bits that arithmetic leaves, such as 0.30000000000000004. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}
