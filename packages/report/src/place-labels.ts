/**
 * Width of a text in pixels, on the safe side: monospaced letters are 0.6 em wide, others rarely more on
 * average.
 */
export function textWidth(text: string, fontSize: number): number {
  return 0.61 * fontSize * text.length;
}

/**
 * Moves the centres of labels apart so that no two are nearer than `gap`, each as near to its wish as that
 * allows, and all between `low` and `high` as long as there is room. The order of the wishes is kept.
 */
export function placeLabels(wishes: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a]! - wishes[b]!);
  // Labels that touch form blocks; a block sits at the mean of its wishes (pool adjacent violators).
  const blocks: { sum: number; size: number }[] = [];
  for (const [rank, i] of order.entries()) {
    blocks.push({ sum: wishes[i]! - rank * gap, size: 1 });
    while (blocks.length > 1 && centre(blocks.at(-2)!) >= centre(blocks.at(-1)!)) {
      const { sum, size } = blocks.pop()!;
      blocks.at(-1)!.sum += sum;
      blocks.at(-1)!.size += size;
    }
  }
  const highest = Math.max(low, high - (wishes.length - 1) * gap);
  const offsets = blocks.flatMap((block) =>
    Array(block.size).fill(Math.min(Math.max(centre(block), low), highest)),
  );
  const placed = Array<number>(wishes.length);
  for (const [rank, i] of order.entries()) placed[i] = offsets[rank]! + rank * gap;
  return placed;
}

function centre({ sum, size }: { sum: number; size: number }): number {
  return sum / size;
}
