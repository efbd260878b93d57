import * as tf from '@tensorflow/tfjs';
import { addonStatus } from '@unnas/native';
import { isInputError } from '@unnas/random';
import { expect, test } from 'vitest';
import { tensorflowStatus, useBackend } from './backend.ts';
import type { BackendName } from './backend-name.ts';

async function refusal(name: string): Promise<string> {
  const error = await useBackend(name as BackendName).catch((error: unknown) => error);
  if (!isInputError(error)) throw new Error(`no input error: ${error}`);
  return error.message;
}

test('without a name the best backend there is', async () => {
  const best = addonStatus().loaded ? 'native' : 'cpu';
  expect(await useBackend()).toBe(best);
  expect(tf.getBackend()).toBe(best);
  expect(await useBackend('cpu')).toBe('cpu');
  expect(tf.getBackend()).toBe('cpu');
});

test('what cannot be had is refused with the reason, and the backend stays', async () => {
  await useBackend('cpu');
  expect(await refusal('cuda')).toContain('not in this version');
  expect(await refusal('nativ')).toContain("did you mean 'native'?");
  const { missing } = tensorflowStatus();
  if (missing !== undefined) {
    expect(missing).toMatch(/npm run enable:tfjs-gpu|npm install/);
    expect(await refusal('tensorflow')).toContain(missing);
  }
  expect(tf.getBackend()).toBe('cpu');
});
