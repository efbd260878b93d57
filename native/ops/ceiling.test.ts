import { describe, expect, it } from 'vitest';
import { run } from '../addon.ts';
import { forEachIsa } from '../testing/instruction-sets.ts';
import { ceilings } from './ceiling.ts';

describe('the ceilings of the machine', () => {
  it('count the multiply-adds of every chunk', () =>
    forEachIsa((isa) => {
      const sums = new Float32Array(3).fill(Number.NaN);
      const operations = new Int32Array(1);
      run('fma_ceiling', [], [sums, operations], { rounds: 10 });
      const [lanes, chains] = { baseline: [4, 12], avx2: [8, 12], avx512: [16, 16] }[isa] as [number, number];
      expect(operations[0]).toBe(2 * lanes * chains);
      // Every chain is a little below where it began: 1, 1.001, 1.002 and so on.
      const start = lanes * (chains + (1e-3 * chains * (chains - 1)) / 2);
      for (const sum of sums) expect(sum / start).toBeCloseTo(1 - 9e-6, 5);
    }));

  it('move what they say they move, also where arrays do not lie on a register', () =>
    forEachIsa(() => {
      const size = 2 ** 18 + 37;
      for (const offset of [0, 1]) {
        const a = Float32Array.from({ length: size }, (_, i) => i % 1000);
        const b = Float32Array.from({ length: size }, (_, i) => i % 7);
        const c = new Float32Array(size + offset).subarray(offset).fill(Number.NaN);
        run('memory_ceiling', [a, b], [c]);
        const wrong = c.findIndex((value, i) => value !== (i % 1000) + 3 * (i % 7));
        expect(wrong).toBe(-1);
      }
    }));

  it('are positive numbers', () => {
    const { gigaflopsPerSecond, gigabytesPerSecond } = ceilings({ samples: 2 });
    for (const samples of [gigaflopsPerSecond, gigabytesPerSecond]) {
      expect(samples).toHaveLength(2);
      for (const sample of samples) expect(sample).toBeGreaterThan(0);
    }
  });
});
