import { describe, expect, it } from 'vitest';
import { sampleBaseline } from '../fixtures/sample-baseline.ts';
import { verdict } from './verdict.ts';

const told = (scores: readonly number[]) => verdict(sampleBaseline(scores));
const same = (score: number, count: number) => Array<number>(count).fill(score);

describe('verdict', () => {
  it('calls the first place among few a hint, and says how often luck gives it', () => {
    const [outcome, luck, size] = told([0.6, 0.5, 0.52, 0.48, 0.5]);
    expect(outcome).toBe(
      'The found cell does better than all 4 random cells: 60.0 % against 50.0 % on average, 6.1 standard deviations above their mean.',
    );
    expect(luck).toBe(
      'A cell drawn at random would come out as high in 1 of 5 cases, so with so few samples this is a hint and no proof.',
    );
    expect(size).toBe('Its network has 50,000 parameters, no more than any of the 4 random ones.');
  });

  it('calls it unlikely to be luck from a probability of one in twenty', () => {
    expect(told([0.6, ...same(0.5, 18)])[1]).toContain('in 1 of 19 cases, so with so few samples');
    expect(told([0.6, ...same(0.5, 19)])[1]).toContain('in 1 of 20 cases, so this is unlikely to be luck');
    expect(told([0.6, 0.7, ...same(0.5, 38)])[1]).toContain('in 2 of 40 cases, so this is unlikely');
    expect(told([0.6, 0.7, ...same(0.5, 37)])[1]).toContain(
      'in 2 of 39 cases: this comparison does not show',
    );
  });

  it('says how many do better, and that nothing is shown', () => {
    expect(told([0.5, 0.6, 0.5, 0.4, 0.7]).slice(0, 2)).toEqual([
      'The found cell comes at place 3 of 5, as 2 do better and 1 as well: 50.0 % against 55.0 % on average, 0.4 standard deviations below their mean.',
      'A cell drawn at random would come out as high in 4 of 5 cases: this comparison does not show that the search helped.',
    ]);
    expect(told([0.5, 0.5, 0.4])[0]).toContain('comes at place 1 of 3, as 0 do better and 1 as well:');
    expect(told([0.5, 0.6, 0.4])[0]).toContain('comes at place 2 of 3, as 1 does better:');
  });

  it('speaks of a single random cell in the singular', () => {
    expect(told([0.6, 0.5])).toEqual([
      'The found cell does better than the one random cell: 60.0 % against 50.0 %.',
      'A cell drawn at random would come out as high in 1 of 2 cases, so with so few samples this is a hint and no proof.',
      'Its network has 50,000 parameters, that of the random cell 73,757.',
    ]);
    expect(told([0.6, 0.5, 0.4])[0]).toContain('better than both random cells');
    expect(told([0.5, 0.6])[0]).toBe(
      'The found cell does worse than the one random cell: 50.0 % against 60.0 %.',
    );
  });

  it('warns of a found cell whose network is the largest', () => {
    const baseline = sampleBaseline([0.6, 0.5, 0.5]);
    const sized = (parameters: number) =>
      verdict({ ...baseline, found: { ...baseline.found, parameters } }).at(-1);
    expect(sized(2_000_000)).toBe(
      'Its network has 2.00 M parameters, more than each of the random ones, which by itself can raise a score.',
    );
    expect(sized(baseline.random[0]!.parameters)).toMatch(
      /(more than 1|no more than any) of the 2 random ones/,
    );
    expect(sized(80_000)).toContain('more than 1 of the 2 random ones');
  });

  it('takes nothing from networks that guess', () => {
    expect(told([0.26, 0.24, 0.25])).toEqual([
      'None of the networks does clearly better than guessing (25.0 %), so the comparison says nothing yet. Train them longer.',
    ]);
  });
});
