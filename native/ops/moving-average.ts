import { run } from '../addon.ts';
import { override } from '../override.ts';

interface Attrs {
  /** Number of averages. */
  readonly variables: number;
  /** Of the new values, 0 to 1. */
  readonly portion: number;
  /** What the new values are multiplied with, one for each tensor of them. */
  readonly scales: readonly number[];
}

/** Moves averages; behind them come tensors of new values, each for the next averages in turn. */
const movingAverage = override('UnnasMovingAverage', ({ inputs, attrs, backend }) => {
  const { variables, portion, scales } = attrs as unknown as Attrs;
  const tensors = Object.values(inputs);
  const averages = tensors.slice(0, variables).map((average) => backend.changeable(average));
  run(
    'moving_average',
    tensors.slice(variables).map((tensor) => backend.values(tensor)),
    averages.map(({ values }) => values),
    { portion, scales },
  );
  return averages.map(({ info }) => info);
});

export const kernels = [movingAverage];
