import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NativeBackend } from './backend.ts';
import { registerNativeBackend } from './registration.ts';

const backend = () => tf.backend() as NativeBackend;
const bytes = () => backend().memory().native;

describe('native backend', () => {
  beforeAll(async () => {
    expect(await registerNativeBackend()).toBe(true);
  });
  beforeEach(() => backend().releaseFreeMemory());

  it('is the current backend, once, with all kernels of stock tfjs', async () => {
    expect(tf.getBackend()).toBe('native');
    expect(await registerNativeBackend()).toBe(true);
    const names = (name: string) => tf.getKernelsForBackend(name).map((kernel) => kernel.kernelName);
    expect(names('native')).toEqual(expect.arrayContaining(names('cpu')));
    expect(new Set(names('native')).size).toBe(names('native').length);
  });

  it('uses the memory of a disposed tensor again', () => {
    const x = tf.zeros([1000]);
    const before = bytes();
    for (let i = 0; i < 10; i++) tf.relu(x).dispose();
    expect(bytes()).toMatchObject({ used: before.used, free: 4000 });
  });

  it('never changes an array that somebody has', () => {
    const x = tf.tensor1d([1, 2, 3, 4]);
    const y = tf.relu(x);
    const [read, buffer] = [y.dataSync(), y.bufferSync()];
    y.dispose();
    tf.relu(tf.tensor1d([5, 6, 7, 8]));
    expect([...read]).toEqual([1, 2, 3, 4]);
    expect([...buffer.values]).toEqual([1, 2, 3, 4]);
  });

  it('never writes into an array of the user', () => {
    const mine = Float32Array.of(-1, 2);
    tf.tensor1d(mine).dispose();
    for (let i = 0; i < 3; i++) tf.relu(tf.tensor1d([7, 8]));
    expect([...mine]).toEqual([-1, 2]);
  });

  it('keeps memory that a stock kernel may have handed on', () => {
    // The slice of a stock kernel is a view of the array that it was cut from.
    const slice = tf.getKernel('Slice', 'cpu').kernelFunc;
    const y = tf.relu(tf.tensor1d([1, 2, 3, 4]));
    const view = slice({ inputs: { x: y }, attrs: { begin: [1], size: [2] }, backend: backend() });
    y.dispose();
    tf.relu(tf.tensor1d([5, 6, 7, 8]));
    expect([...(backend().readSync((view as tf.TensorInfo).dataId) as Float32Array)]).toEqual([2, 3]);
  });

  it('keeps memory as long as one of the tensors that share it lives', () => {
    const y = tf.relu(tf.tensor1d([1, 2, 3, 4]));
    const [clone, reshaped] = [y.clone(), y.reshape([2, 2])];
    y.dispose();
    clone.dispose();
    tf.relu(tf.tensor1d([5, 6, 7, 8]));
    expect([...reshaped.dataSync()]).toEqual([1, 2, 3, 4]);
  });

  it('reports the bytes in use and bounds those that are kept', () => {
    const before = bytes().used;
    const y = tf.tidy(() => tf.relu(tf.zeros([256])));
    expect(bytes().used - before).toBe(1024);
    y.dataSync();
    y.dispose();
    expect(bytes()).toMatchObject({ used: before, free: 0 });
    for (let length = 1; length < 500; length++) tf.relu(tf.zeros([length])).dispose();
    expect(bytes().free).toBeLessThanOrEqual(bytes().peak);
    expect(tf.memory().unreliable).toBe(false);
  });

  it('moves tensors from and to other backends', async () => {
    const x = tf.relu(tf.tensor1d([-1, 2]));
    await tf.setBackend('cpu');
    const y = tf.add(x, 1);
    await tf.setBackend('native');
    expect([...tf.relu(y).dataSync()]).toEqual([1, 3]);
  });

  it('gives the results of stock tfjs for any program of creating, changing, reading and disposing', async () => {
    const steps = fc.array(fc.tuple(fc.nat(5), fc.nat(), fc.nat()), { minLength: 1, maxLength: 40 });
    const program = (list: [number, number, number][]): number[][] => {
      const tensors: tf.Tensor[] = [tf.tensor1d([-3, -2, -1, 0, 1, 2, 3, 4])];
      const read: ArrayLike<number>[] = [];
      for (const [action, i, j] of list) {
        const a = tensors[i % tensors.length]!;
        const b = tensors[j % tensors.length]!;
        if (action === 0) tensors.push(tf.relu(a));
        if (action === 1) tensors.push(tf.add(a.reshape([8]), b.reshape([8])));
        if (action === 2) tensors.push(a.reshape([2, 4]), a.clone());
        if (action === 3)
          tensors.push(tf.concat([tf.slice(a.reshape([8]), 2, 4), tf.slice(b.reshape([8]), 0, 4)]));
        if (action === 4) read.push(a.dataSync());
        if (action === 5 && tensors.length > 1) tensors.splice(i % tensors.length, 1)[0]!.dispose();
      }
      return [...read, ...tensors.map((tensor) => tensor.dataSync())].map((values) => Array.from(values));
    };
    const run = async (name: string, list: [number, number, number][]) => {
      await tf.setBackend(name);
      return program(list);
    };
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        expect(await run('native', list)).toEqual(await run('cpu', list));
      }),
      { numRuns: 200 },
    );
    await tf.setBackend('native');
  });

  it('takes memory from the system ahead of its use, and loses nothing in it', async () => {
    const resident = () => process.memoryUsage.rss();
    const megabytes = 2 ** 20;
    const before = resident();
    backend().expectMemory(400 * megabytes);
    const x = tf.relu(tf.fill([8 * megabytes], 3)); // while the other thread is at work
    for (let i = 0; i < 200 && resident() < before + 200 * megabytes; i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    // What earlier tests left may go back to the system meanwhile.
    expect(resident()).toBeGreaterThan(before + 200 * megabytes);
    expect(x.min().dataSync()[0]).toBe(3);
    expect(x.max().dataSync()[0]).toBe(3);
    x.dispose();
    backend().expectMemory(2 ** 40); // too late, and more than there is: still only a hint
    expect(
      tf
        .relu(tf.fill([megabytes], 2))
        .max()
        .dataSync()[0],
    ).toBe(2);
  });
});
