import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PHOTOS } from '../fixtures/folders.ts';
import { decoder, defaultWorkers } from './decoder.ts';

it('decodes while the main thread is busy', async () => {
  const threads = decoder({ workers: 1 });
  onTestFinished(() => threads.close());
  const photo = join(PHOTOS, 'fish/fish4.jpg');
  await threads.decode({ picture: photo, size: 8 });
  // Twenty pictures are asked for, and then this thread does nothing for long. If decoding needed it, at most one would be ready.
  let ready = 0;
  const answers = Array.from({ length: 20 }, async () => {
    await threads.decode({ picture: photo, size: 8 });
    ready++;
  });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(ready).toBeGreaterThan(4);
  await Promise.all(answers);
});

it('fails what it was asked for when it is closed, at once and later', async () => {
  const threads = decoder({ workers: 1 });
  const asked = threads.decode({ picture: join(PHOTOS, 'fish/fish4.jpg'), size: 8 });
  const failed = expect(asked).rejects.toThrow('a decoding thread has ended');
  await threads.close();
  await failed;
  await expect(threads.decode({ picture: 'any.jpg', size: 8 })).rejects.toThrow(
    'a decoding thread has ended',
  );
});

it('starts no more threads than can decode at a time', () => {
  expect(defaultWorkers()).toBeGreaterThanOrEqual(1);
  expect(defaultWorkers()).toBeLessThanOrEqual(Number(process.env.UV_THREADPOOL_SIZE) || 4);
});
