import type { Tensors } from './gradients.ts';
import { op } from './op.ts';

interface MovingAverageAttrs {
  readonly count: number;
  readonly portion: number;
  /** One for each tensor. */
  readonly scales: readonly number[];
}

const fused = op<MovingAverageAttrs>({
  name: 'UnnasMovingAverage',
  differentiable: false,
  reference: (tensors, { count, portion, scales }) =>
    scales.map((scale, i) => tensors[i]!.mul(1 - portion).add(tensors[count + i]!.mul(portion * scale))),
});

/**
 * (1 - portion) * old + portion * scale * new for every tensor of `old`; where `scales` names none, the scale is 1. There is no
 * gradient.
 */
export function movingAverage(
  old: Tensors,
  observed: Tensors,
  { portion, scales = {} }: { portion: number; scales?: Readonly<Record<string, number>> },
): Tensors {
  const names = Object.keys(old);
  const news = names.map((name) => {
    const tensor = observed[name];
    if (`${tensor?.shape}` !== `${old[name]!.shape}`) {
      throw new RangeError(
        `movingAverage: expected ${name} of shape ${old[name]!.shape}, got ${tensor?.shape ?? 'none'}`,
      );
    }
    return tensor!;
  });
  const averages = fused([...Object.values(old), ...news], {
    count: names.length,
    portion,
    scales: names.map((name) => scales[name] ?? 1),
  });
  return Object.fromEntries(names.map((name, i) => [name, averages[i]!]));
}
