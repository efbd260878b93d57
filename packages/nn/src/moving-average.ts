import * as tf from '@tensorflow/tfjs';
import { update } from './op.ts';

/** New values for averages of one size, such as the means of several batch norms in one batch; every average at most once. */
export interface Observed {
  readonly names: readonly string[];
  /** The values for each name, one name after the other. */
  readonly values: tf.Tensor;
  /** What the values are multiplied with first. */
  readonly scale: number;
}

interface MovingAverageAttrs {
  readonly portion: number;
  /** One for each tensor of new values. */
  readonly scales: readonly number[];
}

const moved = update<MovingAverageAttrs>({
  name: 'UnnasMovingAverage',
  reference: (averages, tensors, { portion, scales }) => {
    const rest = [...averages];
    return tensors.flatMap((values, i) => {
      const olds = rest.splice(0, values.size / rest[0]!.size);
      const news = tf.unstack(values.reshape([olds.length, -1]));
      return olds.map((old, k) =>
        old.mul(1 - portion).add(news[k]!.mul(portion * scales[i]!).reshape(old.shape)),
      );
    });
  },
});

/** What PyTorch's batch norm calls momentum. */
const PORTION = 0.1;

/**
 * Moves averages towards new values: (1 - portion) * average + portion * scale * values. Those of which nothing new was seen stay as
 * they are.
 */
export function moveAverages(
  averages: Record<string, tf.Variable>,
  observed: readonly Observed[],
  { portion = PORTION }: { portion?: number } = {},
): void {
  const seen = observed.filter(({ names }) => names.length > 0);
  const variables = seen.flatMap(({ names, values }) =>
    names.map((name) => {
      const average = averages[name];
      if (average === undefined || average.size * names.length !== values.size) {
        throw new RangeError(
          `moveAverages: expected new values for ${name} of shape ${average?.shape ?? 'none'}, got ${values.size / names.length}`,
        );
      }
      return average;
    }),
  );
  if (variables.length === 0) return;
  if (new Set(variables).size < variables.length)
    throw new RangeError('moveAverages: expected new values for each average once, got some twice');
  moved(
    variables,
    seen.map(({ values }) => values),
    { portion, scales: seen.map(({ scale }) => scale) },
  );
}
