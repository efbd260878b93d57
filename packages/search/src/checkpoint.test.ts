import * as tf from '@tensorflow/tfjs';
import { isInputError } from '@unnas/random';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint, tensorsOf } from './checkpoint.ts';
import { emptySums } from './epoch-record.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const position = { unit: 7, sums: { ...emptySums(), loss: 0.1 + 0.2 }, memory: { best: [1, null] } };

const encoded = () =>
  tf.tidy(() =>
    encodeCheckpoint(
      {
        'parameters/w': tf.tensor2d([1, -0, 1e-45, 3.4e38], [2, 2]),
        'alphaOptimizer/step': tf.scalar(3, 'int32'),
      },
      position,
    ),
  );

describe('a checkpoint', () => {
  it('gives back every bit', () => {
    const { position: read, tensors } = decodeCheckpoint(encoded(), 'file');
    expect(read).toEqual(position);
    tf.tidy(() => {
      const { 'parameters/w': w, 'alphaOptimizer/step': step } = tensorsOf(tensors);
      expect(w!.shape).toEqual([2, 2]);
      expect(Object.is(w!.dataSync()[1], -0)).toBe(true);
      expect(w!.dataSync()).toEqual(Float32Array.of(1, -0, 1e-45, 3.4e38));
      expect([step!.dtype, step!.dataSync()[0]]).toEqual(['int32', 3]);
    });
  });

  it('is found out when a byte was changed, or bytes are missing', () => {
    const bytes = encoded();
    const refuses = (damaged: Uint8Array) => {
      let error: unknown;
      try {
        decodeCheckpoint(damaged, 'RUN/checkpoint.safetensors');
      } catch (caught) {
        error = caught;
      }
      expect(isInputError(error)).toBe(true);
      expect((error as Error).message).toMatch(/^the checkpoint RUN\/checkpoint.safetensors is damaged: /);
    };
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        // A blank of the header's padding says nothing.
        fc.pre(!(bytes[at] === 0x20 && [0x09, 0x0a, 0x0d].includes(damaged[at]!)));
        refuses(damaged);
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.nat(bytes.length - 1), (length) => refuses(bytes.subarray(0, length))));
  });
});
