import { publishedGenotypes } from '@unnas/genotype';
import { expect, test } from 'vitest';
import { stepGigaflops } from './step-cost.ts';

const SUPERNET = { cells: 8, channels: 16, stem: 'cifar', classes: 10, size: 32, batch: 64 } as const;

test('a weight step of the supernet of DARTS on CIFAR-10 has 115 GFLOP, as counted by hand', () => {
  expect(Math.round(stepGigaflops('weight', SUPERNET))).toBe(115);
  // 300 million multiply-adds a forward image.
  expect(stepGigaflops('weight', { ...SUPERNET, batch: 1 }) / 3 / 2).toBeCloseTo(0.3, 3);
});

test('a step of the alphas has 77 GFLOP, and one of second order ten passes of 38', () => {
  expect(Math.round(stepGigaflops('alpha', SUPERNET))).toBe(77);
  expect(stepGigaflops('second-order', SUPERNET) / 10).toBeCloseTo(38.4, 1);
});

test('a derived network is counted from its genotype', () => {
  const size = { ...SUPERNET, cells: 20, channels: 36, batch: 32 };
  // 528 million multiply-adds a forward image.
  expect(stepGigaflops('weight', size, publishedGenotypes.darts_v2)).toBeCloseTo(2 * 32 * 3 * 0.528359, 3);
});
