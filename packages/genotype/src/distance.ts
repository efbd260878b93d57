import { CELL_KINDS, type Edge, edgesByNode, type Genotype } from './genotype.ts';

/**
 * How many choices two genotypes differ in: over both cells and all nodes, the edges (operation and input) of
 * a node that find no partner in the same node of the other genotype, plus the nodes that only one of the two
 * concatenates. The order of the edges of a node does not count. With two edges a node, 4 nodes and all nodes
 * concatenated it lies between 0 and 16.
 *
 * For each node and list the measure is max(|A|, |B|) - |A n B| over multisets, so it is a metric: 0 just for
 * equal genotypes, symmetric, and never longer than a way through a third genotype.
 */
export function distance(a: Genotype, b: Genotype): number {
  let sum = 0;
  for (const kind of CELL_KINDS) {
    const [nodesA, nodesB] = [edgesByNode(a[kind]), edgesByNode(b[kind])];
    for (let node = 0; node < Math.max(nodesA.length, nodesB.length); node++) {
      sum += unmatched((nodesA[node] ?? []).map(nameOf), (nodesB[node] ?? []).map(nameOf));
    }
    sum += unmatched(a[`${kind}_concat`].map(String), b[`${kind}_concat`].map(String));
  }
  return sum;
}

/**
 * Whether two genotypes are the same network: distance 0, so the order of the two edges of a node does not
 * count.
 */
export function equalGenotypes(a: Genotype, b: Genotype): boolean {
  return distance(a, b) === 0;
}

function nameOf([op, input]: Edge): string {
  return `${op}@${input}`;
}

function unmatched(a: readonly string[], b: readonly string[]): number {
  const rest = [...b];
  let matched = 0;
  for (const item of a) {
    const at = rest.indexOf(item);
    if (at < 0) continue;
    rest.splice(at, 1);
    matched++;
  }
  return Math.max(a.length, b.length) - matched;
}
