import * as tf from '@tensorflow/tfjs';
import { upsample } from '@unnas/nn';
import * as fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { expectClose, native, normal, runs, stock, useNative } from '../testing/oracle.ts';

const side = fc.integer({ min: 1, max: 9 });
const sizes = fc.record({
  from: fc.tuple(side, side),
  to: fc.tuple(side, side),
  // From few to many pictures and channels: the gradient is shared out in another way.
  pictures: fc.constantFrom(1, 2, 17),
  channels: fc.constantFrom(1, 3, 19, 64, 70),
});

describe('upsample', () => {
  beforeAll(useNative);

  it('gives the maps and the gradients of the reference, for smaller and larger maps', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ from: [h, w], to: [height, width], pictures, channels }) => {
        const f = () => {
          const x = normal<tf.Rank.R4>([pictures, h, w, channels], 1);
          const weights = normal<tf.Rank.R4>([pictures, height, width, channels], 2);
          const gradient = tf.grad((z: tf.Tensor) =>
            upsample(z as tf.Tensor4D, [height, width])
              .mul(weights)
              .sum(),
          );
          return [upsample(x, [height, width]), gradient(x)];
        };
        expectClose(await native(f), await stock(f), 2e-6);
      }),
      { numRuns: runs(60) },
    );
  });
});
