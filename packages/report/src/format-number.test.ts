import { describe, expect, it } from 'vitest';
import { formatNumber, formatSeconds, formatShare, formatShort } from './format-number.ts';

describe('numbers as text', () => {
  it.each([
    [0, '0'],
    [0.71234, '0.7123'],
    [12.345, '12.35'],
    [123.45, '123.5'],
    [1240.4, '1,240'],
    [3e-4, '3.0e-4'],
    [4e8, '4.0e8'],
    [-2.5, '-2.5000'],
    [7, '7'],
    [null, '–'],
    [Number.NaN, '–'],
  ])('writes %s as %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [0.04, '0.0 s'],
    [8.24, '8.2 s'],
    [9.96, '10.0 s'],
    [59.6, '1 min 00 s'],
    [245, '4 min 05 s'],
    [3599.7, '1 h 00 min'],
    [11220, '3 h 07 min'],
    [undefined, '–'],
  ])('writes %s seconds as %s', (value, text) => expect(formatSeconds(value)).toBe(text));

  it.each([
    [0.956, '0.956'],
    [0.5, '0.5'],
    [2, '2'],
    [486.2, '486'],
    [12.349, '12.3'],
    [12345, '12,300'],
    [0.00025, '2.5e-4'],
    [null, '–'],
  ])('writes %s in short as %s', (value, text) => expect(formatShort(value)).toBe(text));

  it('writes shares', () => {
    expect(formatShare(0.7139)).toBe('71.4 %');
    expect(formatShare(0.25, 0)).toBe('25 %');
    expect(formatShare(null)).toBe('–');
  });
});
