import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@unnas/nn';

/** A search on `photos` that takes a second or two: 12 pictures train the weights, 12 the alphas, in 3 batches an epoch. */
export function tinySearch(photos: string, out: string, ...more: string[]): string[] {
  const settings = { size: 8, cells: 2, channels: 2, epochs: 3, batch: 4, seed: 7, learningRate: 0.05 };
  const options = Object.entries(settings).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  return ['search', '--data', photos, ...options, '--out', out, ...more];
}

/** Every tensor of a run's checkpoint (weights, alphas, optimisers), as text that is equal only for equal bits. */
export async function bits(run: string): Promise<Record<string, string>> {
  const { tensors } = readSafetensors(await readFile(join(run, 'checkpoint.safetensors')));
  return Object.fromEntries(
    [...tensors].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ]),
  );
}

/** What must be equal in the logs of two runs: all but the times. */
export async function log(run: string): Promise<object[]> {
  const lines = (await readFile(join(run, 'log.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { seconds, imagesPerSecond, waitedMilliseconds, preparedMilliseconds, ...record } =
      JSON.parse(line);
    return record;
  });
}
