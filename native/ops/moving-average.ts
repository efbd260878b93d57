import { run } from '../addon.ts';
import { override } from '../override.ts';

interface Attrs {
  /** Number of averages. */
  readonly count: number;
  /** Of the new values, 0 to 1. */
  readonly portion: number;
  /** What the new values are multiplied with, one for each average. */
  readonly scales: readonly number[];
}

/** Inputs: old averages, new values; outputs: averages. */
const movingAverage = override('UnnasMovingAverage', ({ inputs, attrs, backend }) => {
  const { count, portion, scales } = attrs as unknown as Attrs;
  const tensors = Object.values(inputs);
  const outputs = tensors.slice(0, count).map(({ shape }) => backend.output(shape));
  run(
    'moving_average',
    tensors.map((tensor) => backend.values(tensor)),
    outputs.map(({ values }) => values),
    { count, portion, scales },
  );
  return outputs.map(({ info }) => info);
});

export const kernels = [movingAverage];
