import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, editDistance, suggest } from './suggest.ts';

const options = ['seed', 'size', 'epochs', 'channels', 'checkpoint-every', 'stop-on-collapse'];

test('finds the word that was meant', () => {
  expect(suggest('epoch', options)).toBe('epochs');
  expect(suggest('chanels', options)).toBe('channels');
  expect(suggest('sede', options)).toBe('seed');
  expect(suggest('checkpoint', options)).toBe('checkpoint-every');
  expect(suggest('SEED', options)).toBe('seed');
  expect(suggest('CIFAR10', ['cifar10'])).toBe('cifar10');
});

test('says nothing where no word is near', () => {
  expect(suggest('colour', options)).toBeUndefined();
  expect(suggest('3', ['1', '2'])).toBeUndefined();
  expect(suggest('', ['1', '2'])).toBeUndefined();
  expect(didYouMean('colour', options)).toBe('');
  expect(didYouMean('epoch', options, '--')).toBe("; did you mean '--epochs'?");
});

test('the edit distance is a symmetric measure that is zero for equal words only', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('ab', 'ba')).toBe(1);
});
