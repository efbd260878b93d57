import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Images, LabeledImages, SegmentedImages } from '@unnas/images';
import { classification, rotation, segmentation } from '@unnas/pretext';
import { dartsSpace } from '@unnas/supernet';
import { expect, it } from 'vitest';
import { darts } from './darts.ts';
import { resumeSearch, search } from './search.ts';

// What the compiler must accept and refuse. It refuses an `@ts-expect-error` above a line that has no error.
declare const images: Images;
declare const labeled: LabeledImages;
declare const segmented: SegmentedImages;

export function compileOnly() {
  const others = { space: dartsSpace(), algorithm: darts(), epochs: 1, batch: 2 };
  const task = classification({ classes: 2 });
  search({ images, task: rotation(), ...others });
  search({ images: labeled.images, task: rotation(), ...others });
  search({ images: labeled, task, ...others });
  // @ts-expect-error labels do not get into a search without labels
  search({ images: labeled, task: rotation(), ...others });
  // @ts-expect-error a search with labels needs them
  search({ images, task, ...others });
  search({ images: segmented, task: segmentation({ classes: 2 }), ...others });
  search({ images: segmented.images, task: rotation(), ...others });
  // @ts-expect-error nor do label maps
  search({ images: segmented, task: rotation(), ...others });
  // @ts-expect-error a label a picture is not one a pixel
  search({ images: labeled, task: segmentation({ classes: 2 }), ...others });
  // @ts-expect-error nor do they when a run goes on
  resumeSearch('run', { images: labeled, task: rotation() });
}

it('takes labels only for a task that learns from them: the compiler agrees with every line above', () => {
  const root = new URL('../../../', import.meta.url);
  const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root));
  const project = fileURLToPath(new URL('../tsconfig.test.json', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
