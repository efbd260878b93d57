import type { Edge, Genotype } from './genotype.ts';

/** `json` is the form of `genotype.json`; `python` the one that papers and Python code bases print. */
export type Notation = 'json' | 'python';

/** A genotype as text that `parseGenotype` reads back: JSON on six lines, or the Python repr on one. */
export function formatGenotype(genotype: Genotype, notation: Notation = 'json'): string {
  const { normal, normal_concat, reduce, reduce_concat } = genotype;
  const fields = { normal, normal_concat, reduce, reduce_concat };
  if (notation === 'python') {
    const parts = Object.entries(fields).map(
      ([name, list]) => `${name}=[${list.map(pythonItem).join(', ')}]`,
    );
    return `Genotype(${parts.join(', ')})`;
  }
  const lines = Object.entries(fields).map(
    ([name, list]) => `  "${name}": [${list.map(jsonItem).join(', ')}]`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}

function jsonItem(item: Edge | number): string {
  return typeof item === 'number' ? `${item}` : `[${JSON.stringify(item[0])}, ${item[1]}]`;
}

function pythonItem(item: Edge | number): string {
  return typeof item === 'number' ? `${item}` : `('${item[0]}', ${item[1]})`;
}
