import { expect, test } from 'vitest';
import { find, readXml, textOf } from '../fixtures/read-xml.ts';
import { type Preview, previewPage } from './preview-page.ts';

const picture = (description: string, side = 32) => ({
  source: 'data:image/png;base64,AAAA',
  height: side,
  width: side,
  description,
});

const preview: Preview = {
  title: 'What a network sees: <jigsaw>',
  subtitle: 'photos & more',
  figures: [['Classes', '24', '']],
  explanation: ['Tiles are shuffled.'],
  warnings: [['Mostly gray.', 'Take colours.']],
  legend: [{ name: 'road', colour: '#804080' }],
  samples: [
    {
      name: 'picture 7:',
      target: 'permutation 3',
      views: [
        { caption: 'the picture', content: picture('as it is', 300) },
        {
          caption: 'tiles',
          content: {
            grid: 2,
            tiles: [4, 3, 2, 1].map((number) => ({
              number,
              colour: '#aa0000',
              picture: picture(`${number}`, 12),
            })),
          },
          target: true,
        },
      ],
    },
  ],
};

test('a page holds all pictures in itself, with words for who cannot see them', () => {
  const page = readXml(previewPage(preview).replace('<!DOCTYPE html>', ''));
  const images = find(page, 'img');
  expect(images.map(({ attributes }) => attributes.alt)).toEqual(['as it is', '4', '3', '2', '1']);
  for (const { attributes } of images) expect(attributes.src).toMatch(/^data:/);
  // Small ones are not blurred.
  expect(images.map(({ attributes }) => attributes.class)).toEqual([
    undefined,
    ...new Array(4).fill('small'),
  ]);
  expect(find(page, 'script').length + find(page, 'link').length).toBe(0);
});

test('samples say what is to be found out, tiles have numbers, colours a legend, and warnings stand on top', () => {
  const page = readXml(previewPage(preview).replace('<!DOCTYPE html>', ''));
  expect(textOf(find(page, 'h1')[0]!)).toBe('What a network sees: <jigsaw>');
  expect(textOf(find(page, 'aside', 'note')[0]!)).toBe('Mostly gray.Take colours.');
  const [sample] = find(page, 'article', 'sample');
  expect(textOf(find(sample!, 'h3')[0]!)).toBe('picture 7: permutation 3');
  expect(find(sample!, 'b').map(textOf)).toEqual(['4', '3', '2', '1']);
  expect(find(sample!, 'figure', 'target').length).toBe(1);
  expect(find(page, 'li').map(textOf)).toEqual(['road']);
});

test('without colours or warnings neither is there', () => {
  const page = readXml(previewPage({ ...preview, legend: [], warnings: [] }).replace('<!DOCTYPE html>', ''));
  expect(find(page, 'ul').length + find(page, 'aside').length).toBe(0);
});
