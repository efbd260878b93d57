import * as tf from '@tensorflow/tfjs';
import type { Tensors } from '@unnas/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import { Place } from './declaration.ts';
import { packing } from './packing.ts';
import { Pass } from './pass.ts';

beforeAll(() => tf.setBackend('cpu'));

/** A cell with two filters and two batch norms beside a layer of its own. */
function declared(used: boolean) {
  const root = Place.root();
  root.parameter('w', [1], { value: 0 });
  const cell = root.at('cell0');
  const names = ['a', 'b'].map((name) => cell.parameter(name, [2, 1], { value: 0 }));
  const norms = ['n1', 'n2'].map((name) => cell.at(name).statistics(2));
  const pack = (name: string, members: string[]) => cell.pack(name, members, () => used);
  const filters = pack('filters', names);
  const means = pack(
    'means',
    norms.map((prefix) => `${prefix}mean`),
  );
  const variances = pack(
    'variances',
    norms.map((prefix) => `${prefix}var`),
  );
  return { ...packing(root.declaration), filters, means, variances };
}

const PARAMETERS = ['cell0.a', 'w', 'cell0.b'];
const named = (prefix = '') =>
  Object.fromEntries(
    PARAMETERS.map((name, i) => [`${prefix}${name}`, name === 'w' ? tf.tensor1d([9]) : tf.fill([2, 1], i)]),
  );
const values = (tensors: Tensors) =>
  Object.entries(tensors).map(([name, tensor]) => [name, tensor.shape, [...tensor.dataSync()]]);

describe('packing', () => {
  it.each(['', 'velocity/'])('joins what is declared to be joined, under names %s...', (prefix) => {
    const { pack, unpack } = declared(true);
    const packed = pack({ ...named(prefix), step: tf.scalar(3) });
    expect(values(packed)).toEqual([
      [`${prefix}cell0.filters`, [4], [0, 0, 2, 2]],
      [`${prefix}w`, [1], [9]],
      ['step', [], [3]],
    ]);
    expect(values(unpack(packed))).toEqual([
      [`${prefix}w`, [1], [9]],
      [`${prefix}cell0.a`, [2, 1], [0, 0]],
      [`${prefix}cell0.b`, [2, 1], [2, 2]],
      ['step', [], [3]],
    ]);
  });

  it('leaves tensors as they are where the backend has no use for them', () => {
    const { pack, unpack } = declared(false);
    const tensors = named();
    expect(pack(tensors)).toEqual(tensors);
    expect(unpack(tensors)).toEqual(tensors);
  });

  it('names what is missing', () => {
    const { 'cell0.b': _, ...some } = named();
    expect(() => declared(true).pack(some)).toThrow("the network's tensors lack cell0.b");
  });

  it('a pass finds packs however they are given', () => {
    const { pack, filters, means, variances } = declared(true);
    const statistics = Object.fromEntries(
      [...means.members, ...variances.members].map((name) => [name, tf.zeros([2])]),
    );
    const [one, other] = [new Pass({ parameters: named(), statistics, training: true })].concat(
      new Pass({ parameters: pack(named()), statistics: pack(statistics), training: true }),
    );
    for (const pass of [one!, other!]) expect([...pass.packed(filters).dataSync()]).toEqual([0, 0, 2, 2]);
    expect(one!.packedNames(means, variances)).toEqual({
      means: ['cell0.n1.mean', 'cell0.n2.mean'],
      variances: ['cell0.n1.var', 'cell0.n2.var'],
    });
    expect(other!.packedNames(means, variances)).toEqual({
      means: ['cell0.means'],
      variances: ['cell0.variances'],
    });
  });
});
