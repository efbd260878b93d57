/** Which slot each row gets, and what that costs altogether. */
export interface Assignment {
  readonly slots: number[];
  readonly cost: number;
}

/**
 * Gives each row of a square table a slot (column) of its own, so that the sum of the costs is least; of those that cost the same the
 * first in lexicographic order. Rows 0, 1, ... have the slots `head`, and the row after those none of `without`.
 * Costs are whole numbers. Undefined where nothing is left.
 */
export function cheapestAssignment(
  costs: readonly (readonly number[])[],
  head: readonly number[],
  without: readonly number[],
): Assignment | undefined {
  const n = costs.length;
  const from = head.length;
  const allowed = (row: number, slot: number) =>
    row < from ? head[row] === slot : !head.includes(slot) && (row > from || !without.includes(slot));
  const prices = dualPrices(costs, allowed);
  if (prices === undefined) return undefined;
  const { rows, columns, slotOf, rowOf } = prices;
  // The cheapest assignments are the perfect matchings along pairs whose cost is paid by their prices. Row by row, the match moves
  // to the first slot from which the rows below can still be matched.
  const paid = (row: number, slot: number) =>
    allowed(row, slot) && costs[row]![slot] === rows[row]! + columns[slot]!;
  for (let row = from; row < n; row++) {
    for (let slot = 0; slot < slotOf[row]!; slot++) {
      if (paid(row, slot) && rowOf[slot]! > row && rematch(row, slot, { n, paid, slotOf, rowOf })) break;
    }
  }
  const slots = [...slotOf];
  return { slots, cost: slots.reduce((sum, slot, row) => sum + costs[row]![slot]!, 0) };
}

interface Matching {
  readonly n: number;
  readonly paid: (row: number, slot: number) => boolean;
  readonly slotOf: Int32Array;
  readonly rowOf: Int32Array;
}

/** Gives a row another slot, if the row that has it and rows below can move on until one comes to the slot that became free. */
function rematch(row: number, slot: number, { n, paid, slotOf, rowOf }: Matching): boolean {
  const free = slotOf[row]!;
  const seen = new Uint8Array(n);
  seen[slot] = 1;
  const move = (mover: number): boolean => {
    for (let to = 0; to < n; to++) {
      if (seen[to] === 1 || rowOf[to]! < row || !paid(mover, to)) continue;
      seen[to] = 1;
      if (to !== free && !move(rowOf[to]!)) continue;
      slotOf[mover] = to;
      rowOf[to] = mover;
      return true;
    }
    return false;
  };
  if (!move(rowOf[slot]!)) return false;
  slotOf[row] = slot;
  rowOf[slot] = row;
  return true;
}

/**
 * A cheapest assignment with prices of rows and columns that nowhere exceed a cost together, and equal it along the assignment: the
 * Hungarian method by shortest augmenting paths (Jonker and Volgenant, 1987). Undefined where no assignment is allowed.
 */
function dualPrices(
  costs: readonly (readonly number[])[],
  allowed: (row: number, slot: number) => boolean,
): { rows: Float64Array; columns: Float64Array; slotOf: Int32Array; rowOf: Int32Array } | undefined {
  const n = costs.length;
  const rows = new Float64Array(n);
  const columns = new Float64Array(n);
  const rowOf = new Int32Array(n).fill(-1);
  const slotOf = new Int32Array(n).fill(-1);
  for (let start = 0; start < n; start++) {
    const distance = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(n).fill(-1);
    const done = new Uint8Array(n);
    let row = start;
    let reached = 0;
    let last = -1;
    for (;;) {
      let nearest = -1;
      for (let slot = 0; slot < n; slot++) {
        if (done[slot] === 1) continue;
        if (allowed(row, slot)) {
          const through = reached + costs[row]![slot]! - rows[row]! - columns[slot]!;
          if (through < distance[slot]!) {
            distance[slot] = through;
            before[slot] = last;
          }
        }
        if (nearest < 0 || distance[slot]! < distance[nearest]!) nearest = slot;
      }
      if (nearest < 0 || distance[nearest] === Number.POSITIVE_INFINITY) return undefined;
      done[nearest] = 1;
      last = nearest;
      reached = distance[nearest]!;
      if (rowOf[nearest] === -1) break;
      row = rowOf[nearest]!;
    }
    rows[start]! += reached;
    for (let slot = 0; slot < n; slot++) {
      if (done[slot] === 0 || slot === last) continue;
      rows[rowOf[slot]!]! += reached - distance[slot]!;
      columns[slot]! -= reached - distance[slot]!;
    }
    // Along the shortest path each slot passes to the row that came to it.
    for (let slot = last; slot >= 0; slot = before[slot]!) {
      const previous = before[slot]!;
      rowOf[slot] = previous < 0 ? start : rowOf[previous]!;
      slotOf[rowOf[slot]!] = slot;
    }
  }
  return { rows, columns, slotOf, rowOf };
}
