import { run } from '../addon.ts';
import { hostKernel } from '../override.ts';

/** Writes guesses [rows]: of each row of values [rows, classes] the first of its largest, -1 where it has no number. */
interface Attrs {
  readonly values: Float32Array;
  readonly classes: number;
  readonly guesses: Int32Array;
}

const firstLargest = hostKernel<Attrs>('UnnasFirstLargest', ({ values, classes, guesses }) => {
  if (values.length !== guesses.length * classes) {
    throw new RangeError(`${guesses.length} rows of ${classes} values, got ${values.length}`);
  }
  run('first_largest', [values], [guesses], { classes });
});

export const kernels = [firstLargest];
