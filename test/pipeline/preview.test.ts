import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { unnas } from './command-line.ts';
import { cutPhotos } from './photos.ts';

let photos: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unnas-preview-'));
  photos = await cutPhotos(join(folder, 'photos'), 2);
});

const env = () => ({ env: { UNNAS_CACHE: join(folder, 'cache') } });

test.each([
  ['rotation', 5, 'class 1: a quarter turn to the left'],
  ['colorization', 3, 'what it is to find: these colours'],
  ['jigsaw', 9, 'the permutation '],
  ['classification', 2, 'class 2: tool'],
] as const)('unnas preview writes a page of %s, with all pictures in it', async (task, pictures, words) => {
  const out = join(folder, `${task}.html`);
  const options = [
    '--data',
    photos,
    '--task',
    task,
    '--size',
    '16',
    '--samples',
    '3',
    '--out',
    out,
    '--json',
  ];
  const { code, stdout, stderr } = await unnas(['preview', ...options], env());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ event: 'preview', page: out, samples: 3, warnings: [] });
  const page = await readFile(out, 'utf8');
  expect(page).toContain(`What a network sees: ${task}`);
  expect(page).toContain(words);
  const images = [...page.matchAll(/src="data:image\/png;base64,([^"]*)"/g)];
  expect(images.length).toBe(3 * pictures);
  for (const [, base64] of images) {
    const { width } = await sharp(Buffer.from(base64!, 'base64')).metadata();
    expect(width).toBeGreaterThan(0);
  }
});

test('gray pictures are warned of under colorization, and only there', async () => {
  const gray = join(folder, 'gray');
  await cutPhotos(gray, 2);
  for (const file of await readdir(gray, { recursive: true })) {
    if (!file.endsWith('.png')) continue;
    const picture = await sharp(join(gray, file)).grayscale().png().toBuffer();
    await sharp(picture).toFile(join(gray, file));
  }
  const preview = (task: string) =>
    unnas(
      ['preview', '--data', gray, '--task', task, '--size', '16', '--out', join(folder, 'gray.html')],
      env(),
    );
  const { stderr } = await preview('colorization');
  expect(stderr).toContain(
    'about 100 % of the pictures of gray are gray: colorization learns little from them',
  );
  expect(await readFile(join(folder, 'gray.html'), 'utf8')).toContain(
    'About 100 % of the pictures of gray are gray',
  );
  expect((await preview('rotation')).stderr).toBe('');
});

test('files that are left out are named, on the page too', async () => {
  const some = join(folder, 'some');
  await cutPhotos(some, 2);
  await writeFile(join(some, 'empty.jpg'), '');
  const out = join(folder, 'some.html');
  const options = ['--data', some, '--size', '16', '--samples', '2', '--max-broken', '0.5', '--out', out];
  const { code, stderr } = await unnas(['preview', ...options], env());
  expect(code).toBe(0);
  expect(stderr).toContain('1 file was left out: empty.jpg (the file is empty)');
  expect(await readFile(out, 'utf8')).toContain('1 file was left out: empty.jpg (the file is empty)');
});

test('--plan says what a search takes, without its pictures and without a trace', async () => {
  const before = await readdir(folder);
  const options = [
    '--preset',
    'cityscapes-jigsaw',
    '--cells',
    '2',
    '--channels',
    '2',
    '--batch',
    '2',
    '--crop',
    '33',
    '--resize',
    '33',
    '--plan',
  ];
  const { code, stdout } = await unnas(['search', ...options, '--json'], { cwd: folder, ...env() });
  expect(code).toBe(0);
  const plan = JSON.parse(stdout);
  expect(plan).toMatchObject({
    event: 'plan',
    task: 'jigsaw',
    data: { name: 'Cityscapes', pictures: 2975, found: false, halves: [1487, 1488] },
    // Of 33 pixels a patch has 11, and a tile 8.
    network: { input: [8, 8, 3], views: 9, classes: 1000, alphas: 224 },
    steps: { epochs: 400, batch: 2, train: 743, score: 744 },
  });
  expect(plan.time.totalSeconds).toBeGreaterThan(0);
  expect(await readdir(folder)).toEqual(before);
  const words = await unnas(['search', ...options], { cwd: folder, ...env() });
  expect(words.stdout).toContain('Cityscapes, which is not there: numbers as published');
  expect(words.stdout).toContain('400 epochs of 743 steps with a batch of 2 pictures (18 tiles)');
});

test.each([
  ['at one size', '--size', '8'],
  ['at their own sizes', '--preset', 'imagenet-rotation', '--crop', '32', '--resize', '32'],
])('--plan counts the pictures of a folder, %s', async (_, ...about) => {
  const network = ['--cells', '2', '--channels', '2', '--batch', '4'];
  const options = ['--data', photos, ...about, ...network, '--plan'];
  const { stdout, stderr } = await unnas(['search', ...options, '--json'], env());
  expect(stderr).toBe('');
  const count = (await readdir(photos, { recursive: true })).filter((file) => file.endsWith('.png')).length;
  expect(JSON.parse(stdout)).toMatchObject({ data: { pictures: count, found: true } });
});
