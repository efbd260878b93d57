import { formatLarge, formatShare } from './format-number.ts';
import type { Baseline } from './run-report.ts';
import { clearlyAbove } from './run-summary.ts';

/**
 * What a comparison with random cells says, in plain sentences; the first is the outcome. No more is claimed than so many samples can
 * show: what counts is how often a cell drawn at random would come out as high, which needs no assumption about the scores.
 */
export function verdict(baseline: Baseline): string[] {
  const { found, random, chance, chanceMeasured = false, best } = baseline;
  if (Math.max(found.accuracy, best) < chance + clearlyAbove(chanceMeasured)) {
    return [
      `None of the networks does clearly better than guessing (${formatShare(chance)}), so the comparison says nothing yet. Train them longer.`,
    ];
  }
  const parameters = random.map((contender) => contender.parameters);
  return [place(baseline), luck(baseline), size(found.parameters, parameters)];
}

/** From this many random cells on, coming first happens by luck in at most one case of twenty. */
const ENOUGH = 19;

/** Where the found cell stands among the random ones. */
function place({ found, random, mean, deviations, rank, pValue }: Baseline): string {
  const count = random.length;
  const [own, theirs] = [formatShare(found.accuracy), formatShare(mean)];
  const ties = atLeastAsGood(pValue, count) - (rank - 1);
  if (count === 1) {
    const how = rank > 1 ? 'worse than' : ties > 0 ? 'as well as' : 'better than';
    return `The found cell does ${how} the one random cell: ${own} against ${theirs}.`;
  }
  const distance =
    deviations === null
      ? ''
      : `, ${Math.abs(deviations).toFixed(1)} standard deviations ${deviations < 0 ? 'below' : 'above'} their mean`;
  const scores = `${own} against ${theirs} on average${distance}`;
  if (rank === 1 && ties === 0)
    return `The found cell does better than ${count === 2 ? 'both' : `all ${count}`} random cells: ${scores}.`;
  const others = [
    `${rank - 1} ${rank === 2 ? 'does' : 'do'} better`,
    ...(ties > 0 ? [`${ties} as well`] : []),
  ];
  return `The found cell comes at place ${rank} of ${count + 1}, as ${others.join(' and ')}: ${scores}.`;
}

/** How much that says. */
function luck({ random, pValue }: Baseline): string {
  const count = random.length;
  const asGood = atLeastAsGood(pValue, count);
  const often = `A cell drawn at random would come out as high in ${asGood + 1} of ${count + 1} cases`;
  if (pValue <= 1 / (ENOUGH + 1)) return `${often}, so this is unlikely to be luck.`;
  return asGood === 0
    ? `${often}, so with so few samples this is a hint and no proof.`
    : `${often}: this comparison does not show that the search helped.`;
}

function atLeastAsGood(pValue: number, count: number): number {
  return Math.round(pValue * (count + 1)) - 1;
}

/** Larger networks tend to score higher, whatever their cells, so a reader should know. */
function size(found: number, random: readonly number[]): string {
  const network = `Its network has ${formatLarge(found)} parameters`;
  const count = random.length;
  if (count === 1) return `${network}, that of the random cell ${formatLarge(random[0]!)}.`;
  const smaller = random.filter((parameters) => parameters < found).length;
  if (smaller === count)
    return `${network}, more than each of the random ones, which by itself can raise a score.`;
  return `${network}, ${smaller === 0 ? 'no more than any' : `more than ${smaller}`} of the ${count} random ones.`;
}
