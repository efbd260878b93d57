import { describe, expect, it } from 'vitest';
import counts from '../fixtures/counts.json';
import published from '../fixtures/published-counts.json';
import type { Genotype } from './genotype.ts';
import { auxiliaryParameters, cost, type NetworkSize, supernetCost } from './network-cost.ts';
import { parseGenotype } from './parse-genotype.ts';
import { type PublishedName, publishedGenotypes, publishedSettings } from './published-genotypes.ts';

interface Counted {
  readonly name: string;
  readonly network: NetworkSize;
  readonly parameters: number;
  readonly auxiliaryParameters: number;
  readonly multiplyAdds: number;
  readonly published?: PublishedName;
  readonly genotype?: unknown;
}

const networks = counts.networks as unknown as Counted[];

describe('cost', () => {
  it.each(networks.map((network) => [network.name, network] as const))('counts %s', (_, counted) => {
    const { network, parameters, multiplyAdds } = counted;
    const genotype = counted.genotype
      ? parseGenotype(counted.genotype)
      : publishedGenotypes[counted.published!];
    const counts = genotype ? cost(genotype, network) : supernetCost(network);
    expect(counts).toEqual({ parameters, multiplyAdds });
    if (genotype && counted.auxiliaryParameters > 0) {
      expect(auxiliaryParameters(genotype, network)).toBe(counted.auxiliaryParameters);
    }
  });

  it('covers every stem, head and supernet', () => {
    const heads = networks.map(({ network }) => network.head!.kind);
    expect(new Set(heads)).toEqual(new Set(['linear', 'jigsaw', 'pixels', 'segmentation']));
    expect(networks.filter(({ name }) => name.startsWith('supernet'))).toHaveLength(5);
  });

  it.each(Object.keys(publishedSettings) as (keyof typeof publishedSettings)[])(
    'counts %s at its width',
    (name) => {
      const genotype: Genotype = publishedGenotypes[name];
      const { classification, segmentation } = publishedSettings[name];
      const expected = published.cells[name];
      const imagenet = { ...classification, stem: 'imagenet', classes: 1000, size: 224 } as const;
      const { auxiliaryParameters: auxiliary, ...rest } = expected.classification;
      expect(cost(genotype, imagenet)).toEqual(rest);
      expect(auxiliaryParameters(genotype, imagenet)).toBe(auxiliary);
      const head = { kind: 'segmentation', channels: 256, rates: [6, 12, 18] } as const;
      const cityscapes = {
        ...segmentation,
        stem: 'imagenet',
        classes: 19,
        size: [1025, 2049],
        head,
      } as const;
      const { parameters, multiplyAdds } = cost(genotype, cityscapes);
      expect(parameters).toBe(expected.segmentation.parameters);
      // The source of these counts adds the bias of the last convolution: 19 classes on 65x129 pixels.
      expect(multiplyAdds + 19 * 65 * 129).toBe(expected.segmentation.multiplyAddsWithBias);
    },
  );

  it('counts every published cell', () => {
    for (const genotype of Object.values<Genotype>(publishedGenotypes)) {
      const small = cost(genotype, { cells: 8, channels: 16, stem: 'cifar', classes: 10, size: 32 });
      const wide = cost(genotype, { cells: 8, channels: 32, stem: 'cifar', classes: 10, size: 32 });
      expect(small.parameters).toBeGreaterThan(50_000);
      // Between linear and quadratic in the width.
      expect(wide.parameters / small.parameters).toBeGreaterThan(2);
      expect(wide.parameters / small.parameters).toBeLessThan(4);
      expect(wide.multiplyAdds).toBeGreaterThan(2 * small.multiplyAdds);
    }
  });

  it('handles one and two cells, where both reductions may fall together', () => {
    for (const cells of [1, 2]) {
      expect(
        cost(publishedGenotypes.darts_v2, { cells, channels: 4, stem: 'cifar', classes: 4, size: 8 })
          .parameters,
      ).toBeGreaterThan(0);
    }
  });

  it('refuses sizes that no network has', () => {
    const size = { cells: 8, channels: 16, stem: 'cifar', classes: 10, size: 32 } as const;
    const count = (change: object) => () => cost(publishedGenotypes.darts_v2, { ...size, ...change });
    expect(count({ channels: 15 })).toThrow('expected an even number of channels, got 15');
    expect(count({ cells: 0 })).toThrow('expected a whole number of at least 1 for cells, got 0');
    expect(count({ size: [32, 0.5] })).toThrow('expected a whole number of at least 1 for width, got 0.5');
  });
});
