import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonStatus } from '@unnas/native';
import { expect, test } from 'vitest';
import { unnas } from './command-line.ts';
import { cutPhotos } from './photos.ts';

/** Makes a process say at its end how much memory it ever had. */
const TELL_PEAK = `import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () =>
  console.error(readFileSync('/proc/self/status', 'utf8').match(/VmHWM:.*/)[0]));`;

test.skipIf(process.platform !== 'linux' || !addonStatus().loaded)(
  '--plan says about how much memory the search then takes',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'unnas-plan-'));
    const photos = await cutPhotos(join(folder, 'photos'), 8);
    const env = {
      UNNAS_CACHE: join(folder, 'cache'),
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(TELL_PEAK)}"`,
    };
    const options =
      `search --backend native --data ${photos} --size 40 --cells 3 --channels 16 --epochs 1 --batch 8`.split(
        ' ',
      );
    const run = async (more: string[]) => {
      const { code, stdout, stderr } = await unnas([...options, '--json', ...more], { env });
      expect(code, stderr).toBe(0);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      return { lines, peak: Number(stderr.match(/VmHWM:\s+(\d+) kB/)![1]) * 1024 };
    };
    const { lines } = await run(['--plan']);
    const { peak } = await run(['--out', join(folder, 'run')]);
    const { peakBytes } = lines.at(-1).memory;
    expect(peakBytes / peak).toBeGreaterThan(0.75);
    expect(peakBytes / peak).toBeLessThan(1.35);
  },
);
