/** What stands for a number that is not there. */
export const MISSING = '–';

export function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A number to about four digits: 0.6931, 12.35, 1,240, 3.0e-4. */
export function formatNumber(value: number | null | undefined): string {
  if (!isNumber(value)) return MISSING;
  const size = Math.abs(value);
  if (value === 0) return '0';
  if (size < 1e-3 || size >= 1e7) return value.toExponential(1).replace('e+', 'e');
  if (size >= 1000 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

/** A number to three digits, without zeros at its end: 0.693, 12.4, 1,240. */
export function formatShort(value: number | null | undefined): string {
  if (!isNumber(value)) return MISSING;
  return formatNumber(Number(value.toPrecision(3)))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

/** A share as a percentage: 71.4 %. */
export function formatShare(value: number | null | undefined, digits = 1): string {
  return isNumber(value) ? `${(100 * value).toFixed(digits)} %` : MISSING;
}

/** A time in words: 8.2 s, 4 min 05 s, 3 h 07 min. */
export function formatSeconds(value: number | null | undefined): string {
  if (!isNumber(value)) return MISSING;
  if (value < 10) return `${value.toFixed(1)} s`;
  const seconds = Math.round(value);
  if (seconds < 60) return `${seconds} s`;
  const two = (part: number) => String(part).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A count to three digits: 3.35 M, 529 M, 98.9 G; whole below a million. */
export function formatLarge(value: number): string {
  for (const [unit, name] of [
    [1e9, 'G'],
    [1e6, 'M'],
  ] as const) {
    if (value >= unit) return `${(value / unit).toPrecision(3)} ${name}`;
  }
  return value.toLocaleString('en-US');
}
