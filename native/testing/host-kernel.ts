import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { setThreads } from '../addon.ts';
import type { View } from '../ops/picture-views.ts';

/** Calls a kernel on host arrays as `@unnas/pretext` does. */
export function callHostKernel(name: string, attrs: object): void {
  tf.getKernel(name, 'native').kernelFunc({ inputs: {}, attrs: attrs as never, backend: tf.backend() });
}

/** Arrays of results, which hold nonsense before a kernel writes them. */
export const floats = (length: number): Float32Array => new Float32Array(length).fill(Number.NaN);
export const integers = (length: number): Int32Array => new Int32Array(length).fill(-7);

/**
 * What a kernel writes, which is the same bits with one thread, with two and with more threads than cores.
 *
 * @param attrs gives attributes with fresh result arrays
 * @param results picks these
 */
export function written<A extends object, R extends readonly (Float32Array | Int32Array)[]>(
  name: string,
  attrs: () => A,
  results: (attrs: A) => R,
): R {
  const runs = [1, 2, 5].map((threads) => {
    setThreads(threads);
    const one = attrs();
    callHostKernel(name, one);
    return results(one);
  });
  setThreads(0);
  for (const run of runs.slice(1))
    for (const [i, values] of run.entries()) expectSameBits(values, runs[0]![i]!);
  return runs[0]!;
}

export function expectSameBits(actual: Float32Array | Int32Array, expected: Float32Array | Int32Array): void {
  const bytes = (of: Float32Array | Int32Array) => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
  if (bytes(actual).equals(bytes(expected))) return;
  const wrong = expected.findIndex((value, i) => !Object.is(value, actual[i]));
  expect.fail(`element ${wrong} of ${expected.length}: expected ${expected[wrong]}, got ${actual[wrong]}`);
}

/** Everywhere within `relative` of the expected value, or within `absolute`. */
export function expectNear(
  actual: Float32Array,
  expected: Float32Array,
  { relative = 0, absolute }: { relative?: number; absolute: number },
): void {
  const wrong = expected.findIndex(
    (value, i) => !(Math.abs(actual[i]! - value) <= Math.max(absolute, relative * Math.abs(value))),
  );
  if (wrong >= 0 || actual.length !== expected.length)
    expect.fail(`element ${wrong} of ${expected.length}: expected ${expected[wrong]}, got ${actual[wrong]}`);
}

export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** Bytes that look random, the same for the same seed. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state >>> 24;
  });
}

/** Side lengths, and those beside the number of rows that make up a task. */
const sides = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(15, 16, 17, 32, 33));

interface Shown {
  readonly picture: Picture;
  readonly view: View;
}

/** A picture, or a map of labels, and any view of it: with and without a resize, a border and a mirror. */
const shown = (channels: number): fc.Arbitrary<Shown> =>
  fc
    .record({
      height: sides,
      width: sides,
      seed: fc.integer(),
      region: fc.tuple(
        fc.double({ noNaN: true, min: 0, max: 1 }),
        fc.double({ noNaN: true, min: 0, max: 1 }),
      ),
      resized: fc.option(fc.tuple(sides, sides)),
      crop: fc.tuple(fc.integer({ min: -20, max: 40 }), fc.integer({ min: -20, max: 40 })),
      whole: fc.boolean(),
      flip: fc.boolean(),
    })
    .map(({ height, width, seed, region, resized, crop, whole, flip }) => {
      const top = whole ? 0 : Math.floor(region[0] * (height - 1));
      const left = whole ? 0 : Math.floor(region[1] * (width - 1));
      const part = { height: height - top, width: width - left };
      const [scaledHeight, scaledWidth] = resized ?? [part.height, part.width];
      return {
        picture: { height, width, data: noise(height * width * channels, seed) },
        view: { top, left, ...part, scaledHeight, scaledWidth, cropTop: crop[0], cropLeft: crop[1], flip },
      };
    });

/** Some pictures of any sizes, their views, and the side of what is seen. */
export const scenes = (channels = 3): fc.Arbitrary<{ pictures: Picture[]; views: View[]; size: number }> =>
  fc.record({ all: fc.array(shown(channels), { maxLength: 4 }), size: sides }).map(({ all, size }) => ({
    pictures: all.map(({ picture }) => picture),
    views: all.map(({ view }) => view),
    size,
  }));

/** Numbers of the channels, and a lighting of `count` pictures or none. */
export const normals = fc.record({
  mean: fc.tuple(...[0, 1, 2].map(() => fc.double({ noNaN: true, min: 0, max: 1 }))),
  deviation: fc.tuple(...[0, 1, 2].map(() => fc.double({ noNaN: true, min: 0.1, max: 1 }))),
  light: fc.option(fc.integer()),
});

export const lightingOf = (light: number | null, count: number): Float32Array | null =>
  light === null ? null : Float32Array.from(noise(count * 3, light), (byte) => byte / 512 - 0.25);
