import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genotypes } from '../fixtures/arbitrary-genotype.ts';
import { formatGenotype } from './format-genotype.ts';
import type { Genotype } from './genotype.ts';
import { parseGenotype } from './parse-genotype.ts';
import { publishedGenotypes } from './published-genotypes.ts';

/** As printed by the original code, with the line break and the range of its genotypes file. */
const python = `DARTS_V2 = Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0),
  ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)],
  normal_concat=range(2, 6), # nodes
  reduce=[('max_pool_3x3', 0), ("max_pool_3x3", 1), ('skip_connect', 2), ('max_pool_3x3', 1),
  ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1),], reduce_concat=[2, 3, 4, 5])`;

const valid: Genotype = publishedGenotypes.darts_v2;

describe('parseGenotype', () => {
  it('reads back what formatGenotype writes, in both notations', () => {
    fc.assert(
      fc.property(genotypes, fc.constantFrom('json' as const, 'python' as const), (genotype, notation) => {
        expect(parseGenotype(formatGenotype(genotype, notation))).toEqual(genotype);
      }),
    );
  });

  it('reads back every published genotype', () => {
    for (const genotype of Object.values<Genotype>(publishedGenotypes)) {
      expect(parseGenotype(formatGenotype(genotype, 'python'))).toEqual(genotype);
      expect(parseGenotype(JSON.stringify(genotype))).toEqual(genotype);
      expect(parseGenotype(genotype)).toEqual(genotype);
    }
  });

  it('reads the notation of papers, also from a line of a log', () => {
    expect(parseGenotype(python)).toEqual(valid);
    expect(parseGenotype(`2018-06-01 10:11:12,345 genotype = ${formatGenotype(valid, 'python')}\n`)).toEqual(
      valid,
    );
    expect(
      parseGenotype(
        python.replace('range(2, 6)', 'list(range(2, 6, 1))').replace('[2, 3, 4, 5]', '(2, 3, 4, 5)'),
      ),
    ).toEqual(valid);
  });

  it('leaves out what is no part of a genotype', () => {
    expect(parseGenotype({ ...valid, comment: 'mine' })).toEqual(valid);
  });

  it.each<[string, unknown, string]>([
    ['no genotype', 'hello', 'expected a genotype as JSON or as Genotype(normal=[...], ...), got "hello"'],
    ['an empty text', '', 'expected a genotype as JSON or as Genotype'],
    ['a list', [1, 2], 'expected a genotype (an object with normal and reduce), got [1,2]'],
    ['nothing', undefined, 'expected a genotype (an object with normal and reduce), got undefined'],
    [
      'a missing field',
      { normal: valid.normal },
      'expected a field normal_concat (a list of nodes), got normal',
    ],
    ['no field', {}, 'expected a field normal (a list of [operation, input]), got no field'],
    [
      'a text for a list',
      { ...valid, reduce: 'x' },
      'expected a list of [operation, input] in reduce, got "x"',
    ],
    [
      'an odd number of edges',
      { ...valid, normal: valid.normal.slice(1) },
      'expected two edges a node in normal, got 7 edges',
    ],
    ['no edge', { ...valid, normal: [] }, 'expected two edges a node in normal, got 0 edges'],
    [
      'an edge of three',
      { ...valid, normal: valid.normal.with(2, ['none', 0, 1] as never) },
      'expected [operation, input] in normal[2], got ["none",0,1]',
    ],
    [
      'an unknown operation',
      { ...valid, reduce: valid.reduce.with(5, ['sep_conv_9x9', 0]) },
      'dil_conv_5x5, conv_7x1_1x7 in reduce[5], got "sep_conv_9x9"',
    ],
    [
      'a name of Object.prototype',
      { ...valid, reduce: valid.reduce.with(5, ['constructor', 0]) },
      'in reduce[5], got "constructor"',
    ],
    [
      'an edge from a later node',
      { ...valid, normal: valid.normal.with(3, ['none', 3]) },
      'expected an input from 0 to 2 for node 3 in normal[3], got 3',
    ],
    [
      'an input that is no whole number',
      { ...valid, normal: valid.normal.with(0, ['none', 0.5]) },
      'expected an input from 0 to 1 for node 2 in normal[0], got 0.5',
    ],
    [
      'a node that is not there',
      { ...valid, reduce_concat: [2, 6] },
      'expected a node from 2 to 5 in reduce_concat[1], got 6',
    ],
    [
      'a node twice',
      { ...valid, reduce_concat: [2, 2] },
      'expected each node once in reduce_concat, got 2 twice',
    ],
    ['no node', { ...valid, reduce_concat: [] }, 'expected at least one node in reduce_concat, got none'],
    ['half a call', python.slice(0, -1), 'expected , or ) at line 5, column 115, got the end of the text'],
    [
      'a call of names',
      'Genotype(normal=x)',
      'in quotes, a list, a tuple or range(...) at line 1, column 17, got x',
    ],
    ['positional values', 'Genotype([1])', 'expected a keyword such as normal= at line 1, column 10, got ['],
    [
      'a keyword twice',
      'Genotype(normal=1, normal=2)',
      'expected normal once at line 1, column 20, got it again',
    ],
    ['a sign Python does not know', 'Genotype(\nnormal=[;])', 'at line 2, column 9, got ";])"'],
    [
      'two calls',
      'Genotype(normal=1) Genotype()',
      'expected the end after Genotype(...) at line 1, column 20',
    ],
    [
      'a huge range',
      'Genotype(normal=range(0, 1000000000))',
      'expected a range of 0 to 1000 numbers at line 1',
    ],
    [
      'a range of names',
      "Genotype(normal=range('a', 2))",
      'expected range(start, stop) at line 1, column 17',
    ],
  ])('refuses %s', (_, value, message) => {
    expect(() => parseGenotype(value)).toThrow(RangeError);
    expect(() => parseGenotype(value)).toThrow(message);
  });

  it('takes other operations when told', () => {
    const own = { ...valid, normal: valid.normal.with(0, ['my_conv', 0]) };
    expect(() => parseGenotype(own)).toThrow('got "my_conv"');
    const operations = [...new Set([...own.normal, ...own.reduce].map(([op]) => op))];
    expect(parseGenotype(own, { operations })).toEqual(own);
  });

  it('never does anything but return or throw a RangeError', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(python.length), fc.nat(40), (text, at, length) => {
        const damaged = python.slice(0, at) + text + python.slice(at + length);
        try {
          parseGenotype(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
