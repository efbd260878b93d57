/** `━━━━━━╸─────`: a bar of `width` characters, filled to `share` (0 to 1) in steps of half a character. */
export function bar(share: number, width: number): string {
  const halves = Math.round(Math.min(1, Math.max(0, share)) * width * 2);
  const full = Math.floor(halves / 2);
  const half = halves % 2 === 1 ? '╸' : '';
  return '━'.repeat(full) + half + '─'.repeat(width - full - half.length);
}

/** Seconds as `42s`, `3:07` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Three significant digits at most: `0.42`, `7.3`, `128`. */
export function rate(perSecond: number): string {
  return perSecond >= 100
    ? perSecond.toFixed(0)
    : perSecond >= 10
      ? perSecond.toFixed(1)
      : perSecond.toFixed(2);
}

/**
 * How fast something goes on and when it will end, from its recent speed: an average over the marks of the last
 * `window` seconds, so that a slow start (loading, first allocations) is forgotten.
 */
export class Pace {
  private readonly marks: { seconds: number; done: number }[] = [];
  private readonly window: number;

  constructor(window = 30) {
    this.window = window;
  }

  mark(seconds: number, done: number): void {
    this.marks.push({ seconds, done });
    while (this.marks.length > 2 && this.marks[0]!.seconds < seconds - this.window) this.marks.shift();
  }

  /** Units a second; undefined until there are two marks. */
  rate(): number | undefined {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.seconds <= first.seconds) return undefined;
    return (last.done - first.done) / (last.seconds - first.seconds);
  }

  /** Seconds until `total` is done. */
  left(total: number): number | undefined {
    const rate = this.rate();
    return rate ? (total - this.marks.at(-1)!.done) / rate : undefined;
  }
}
