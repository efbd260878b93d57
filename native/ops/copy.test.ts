import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

const axes = <T>(axis: fc.Arbitrary<T>) => fc.array(axis, { minLength: 1, maxLength: 5 });

describe('concatenation', () => {
  beforeAll(useNative);

  it('is that of stock tfjs along any axis', async () => {
    const cases = axes(fc.integer({ min: 1, max: 6 })).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.integer({ min: 0, max: shape.length - 1 }),
        lengths: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
        dtype: fc.constantFrom<'float32' | 'int32'>('float32', 'int32'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axis, lengths, dtype }) => {
        const f = () => {
          const tensors = lengths.map((length, i) =>
            normal(shape.map((size, j) => (j === axis ? length : size)) as [number], i + 1)
              .mul(10)
              .cast(dtype),
          );
          return [tf.concat(tensors as tf.Tensor1D[], axis)];
        };
        expectClose(await native(f), await stock(f), 0);
      }),
      { numRuns: runs(60) },
    );
  });

  it('is undone by a split, also into parts of different sizes and of none', async () => {
    const cases = axes(fc.integer({ min: 1, max: 6 })).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.integer({ min: 0, max: shape.length - 1 }),
        lengths: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axis, lengths }) => {
        const total = lengths.reduce((sum, length) => sum + length, 0);
        fc.pre(total > 0);
        const f = () =>
          tf.split(normal(shape.map((size, j) => (j === axis ? total : size)) as [number], 1), lengths, axis);
        expectClose(await native(f), await stock(f), 0);
      }),
      { numRuns: runs(60) },
    );
  });

  it('refuses shapes that differ elsewhere, as stock tfjs does', () => {
    expect(() => tf.concat([tf.zeros([2, 3]), tf.zeros([3, 3])], 1)).toThrow();
  });
});

describe('slices', () => {
  beforeAll(useNative);

  it('are those of stock tfjs', async () => {
    const axis = fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.nat(), fc.nat())
      .map(([length, a, b]) => ({ length, begin: a % length, size: b % (length - (a % length) + 1) }));
    await fc.assert(
      fc.asyncProperty(
        axes(axis),
        fc.constantFrom<'float32' | 'int32'>('float32', 'int32'),
        async (box, dtype) => {
          const f = () => [
            tf.slice(
              normal(box.map(({ length }) => length) as [number], 1)
                .mul(10)
                .cast(dtype),
              box.map(({ begin }) => begin) as [number],
              box.map(({ size }) => size) as [number],
            ),
          ];
          expectClose(await native(f), await stock(f), 0);
        },
      ),
      { numRuns: runs(80) },
    );
  });

  it('outlive the tensor they were cut from, whose memory is used again', async () => {
    const x = normal<tf.Rank.R2>([64, 64], 1).add(0);
    const row = x.slice([3], [1]);
    const before = [...row.dataSync()];
    x.dispose();
    for (let i = 0; i < 3; i++) normal<tf.Rank.R2>([64, 64], 2).add(i).dispose();
    expect([...row.dataSync()]).toEqual(before);
  });
});

describe('padding', () => {
  beforeAll(useNative);

  it('is that of stock tfjs', async () => {
    const axis = fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(
        axes(axis),
        fc.constantFrom(0, -1.5, Number.NEGATIVE_INFINITY),
        async (sizes, value) => {
          const f = () => [
            tf.pad(
              normal(sizes.map(([length]) => length) as [number], 1),
              sizes.map(([, before, after]) => [before, after] as [number, number]),
              value,
            ),
          ];
          expectClose(await native(f), await stock(f), 0);
        },
      ),
      { numRuns: runs(60) },
    );
  });
});
