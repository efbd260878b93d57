import * as tf from '@tensorflow/tfjs';
import { supernetCost } from '@unnas/genotype';
import { registerNativeBackend } from '@unnas/native';
import { beforeAll, expect, test } from 'vitest';
import { cellWork, lossWork, MAPS, mapWork, type OpWork, stemWork } from './op-work.ts';

beforeAll(async () => expect(await registerNativeBackend()).toBe(true));

/** Looks at each work while its tensors are there. */
function look<T>(work: () => Iterable<OpWork>, at: (work: OpWork) => T): T[] {
  tf.engine().startScope();
  const seen = Array.from(work(), at);
  tf.engine().endScope();
  return seen;
}

test('an op reads its inputs once and writes its output once, filters and statistics apart', () => {
  const large = (tensors: readonly tf.Tensor[]) =>
    tensors.filter(({ rank }) => rank === 4).reduce((sum, { size }) => sum + (size < 2000 ? 0 : size), 0);
  for (const work of [() => mapWork(2, 8, 16), () => cellWork(2, 8, 16, true)]) {
    look(work, ({ name, forward, targets, values }) => {
      expect(values.forward, name).toBe(large([...targets, forward()]));
    });
  }
});

test('the cells of the supernet have the multiply-adds that its cost counts, but for stem, projections and head', () => {
  const cells = MAPS.CIFAR.flatMap(([side, channels], third) => [
    ...look(
      () => cellWork(1, side, channels, false),
      (work) => 2 * work.multiplyAdds!,
    ),
    ...(third < 2
      ? look(
          () => cellWork(1, side, 2 * channels, true),
          (work) => work.multiplyAdds!,
        )
      : []),
  ]);
  const all = supernetCost({ cells: 8, channels: 16, stem: 'cifar', classes: 10, size: 32 });
  const candidates = supernetCost({
    cells: 8,
    channels: 16,
    stem: 'cifar',
    classes: 10,
    size: 32,
    candidates: ['none'],
  });
  expect(cells.reduce((sum, count) => sum + count, 0)).toBe(all.multiplyAdds - candidates.multiplyAdds);
});

test('every op has a name and can be done, on any backend', async () => {
  const names = () => [
    ...look(
      () => mapWork(1, 4, 4),
      ({ name, forward }) => [name, forward().shape.length] as const,
    ),
    ...look(
      () => stemWork(1, 'CIFAR'),
      ({ name, forward }) => [name, forward().shape.length] as const,
    ),
    ...look(
      () => lossWork(2, 3),
      ({ name, forward }) => [name, forward().shape.length] as const,
    ),
  ];
  const native = names();
  await tf.setBackend('cpu');
  expect(names()).toEqual(native);
  await tf.setBackend('native');
  expect(new Set(native.map(([name]) => name)).size).toBe(native.length);
});
