import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInputError } from '@unnas/random';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { failure, PHOTOS } from '../../packages/images/fixtures/folders.ts';
import {
  cityscapesTree,
  imageNetTree,
  PHOTO_FILES,
  photoTree,
} from '../../packages/images/fixtures/trees.ts';
import {
  type DataChoice,
  openImages,
  openLabeled,
  openSegmented,
  settledChoice,
} from '../../packages/unnas/src/data.ts';

const voice = { note: () => {}, progress: () => {}, endProgress: () => {} };

function choice(data: string, others: Partial<DataChoice> = {}): DataChoice {
  return { data, size: 32, limit: null, maxBroken: 0.1, ...others };
}

async function ownCache(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'unnas-data-'));
  vi.stubEnv('UNNAS_CACHE', folder);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
}

const CIFAR_PICKLES = fileURLToPath(
  new URL('../../packages/images/fixtures/cifar-10-batches-py', import.meta.url),
);

describe('--data', () => {
  it('recognises ImageNet, from above and at its classes', async () => {
    const folder = await imageNetTree();
    for (const at of [folder, join(folder, 'train')]) {
      const labeled = await openLabeled(choice(at), voice);
      expect([labeled.length, labeled.size, labeled.preparation]).toEqual([6, null, 'imagenet']);
      expect(labeled.classes).toEqual(['n01440764', 'n02100735', 'n03876231']);
      const images = await openImages(choice(at, { limit: 4 }), voice);
      expect([images.length, images.labels]).toEqual([4, undefined]);
      expect(await images.load([0, 3])).toHaveLength(2);
    }
  });

  it('recognises ImageNet-22K by its list, wherever that is', async () => {
    const names = ['n01440764_1.JPEG', 'n02100735_5.JPEG'];
    const above = await photoTree(
      Object.fromEntries(names.map((name, i) => [`all/${name.split('_')[0]}/${name}`, PHOTO_FILES[i]!])),
    );
    const folder = join(above, 'all');
    const list = join(above, 'elsewhere.txt');
    await writeFile(list, names.slice(1).join('\n'));
    // Without a list the folders say what there is.
    expect((await openImages(choice(folder), voice)).length).toBe(2);
    expect((await openLabeled(choice(folder, { list }), voice)).name).toBe('ImageNet-22K');
    expect((await openImages(choice(folder, { list }), voice)).length).toBe(1);
    await rename(list, join(above, 'imagenet-22k.txt'));
    expect((await openImages(choice(folder), voice)).length).toBe(1);
  });

  it('recognises Cityscapes, with label maps for who needs them', async () => {
    const folder = await cityscapesTree(() => 255);
    const segmented = await openSegmented(choice(folder, { limit: 2 }), voice);
    expect([segmented.length, segmented.classes.length]).toEqual([2, 19]);
    expect((await segmented.load([1]))[0]!.labelMap).toHaveLength(64 * 32);
    await rm(join(folder, 'gtFine'), { recursive: true });
    const images = await openImages(choice(folder), voice);
    expect([images.length, images.preparation]).toEqual([3, 'cityscapes']);
    const error = await failure(openLabeled(choice(folder), voice));
    expect(error.message).toContain('is Cityscapes, which has a class for each pixel');
    expect(isInputError(error)).toBe(true);
  });

  it('recognises the Python version of CIFAR-10, in a folder or below it', async () => {
    for (const folder of [CIFAR_PICKLES, dirname(CIFAR_PICKLES)]) {
      expect((await openLabeled(choice(folder), voice)).length).toBe(15);
    }
    const error = await failure(openImages(choice(CIFAR_PICKLES, { size: 64 }), voice));
    expect(error.message).toBe('the pictures of CIFAR-10 are 32 pixels wide, and --size says 64');
  });

  it('takes any other folder for pictures of its own, as squares or at their sizes', async () => {
    await ownCache();
    const squares = await openLabeled(choice(PHOTOS, { size: 16 }), voice);
    expect([squares.length, squares.size, squares.preparation]).toEqual([6, 16, 'cifar']);
    const whole = await openLabeled(choice(PHOTOS, { size: null }), voice);
    expect([whole.length, whole.size, whole.preparation]).toEqual([6, null, 'imagenet']);
    expect(whole.classes).toEqual(squares.classes);
    expect([...whole.labels]).toEqual([...squares.labels]);
    const [picture] = await whole.load([0]);
    expect([picture!.width, picture!.height]).toEqual([232, 320]);
    const error = await failure(openSegmented(choice(PHOTOS), voice));
    expect(error.message).toContain('has no class for each pixel, expected Cityscapes');
    const list = await failure(openImages(choice(PHOTOS, { list: join(PHOTOS, 'none.txt') }), voice));
    expect(list.message).toMatch(/^cannot read the list .*none\.txt: no such file or folder$/);
    for (const one of [error, list]) expect(isInputError(one)).toBe(true);
  });

  it('and --list hold wherever the process is', () => {
    const { data, list } = settledChoice(choice('./photos', { list: 'list.txt' }));
    expect([data, list]).toEqual([join(process.cwd(), 'photos'), join(process.cwd(), 'list.txt')]);
  });
});
