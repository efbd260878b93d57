/** The middle value, or the mean of the middle two. @throws RangeError where there are none */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Half the distance between the quartiles as a share of the median: how far apart values of one kind lie. */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const low = sorted[below]!;
    return low + (place - below) * ((sorted[below + 1] ?? low) - low);
  };
  return (at(0.75) - at(0.25)) / 2 / median(values);
}

/** Milliseconds that a synchronous piece of work takes. */
export function clock(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
