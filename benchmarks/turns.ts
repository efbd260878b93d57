/** Who takes part in a comparison: does its work once and says what that took. */
export interface Contender<Answer extends { readonly milliseconds: number }> {
  readonly name: string;
  run(): Promise<Answer> | Answer;
}

/**
 * Lets contenders take turns, A B C A B C ..., so that whatever else the machine does meets all of them alike. Gives the answers of
 * each, in order, those of the warm-up included.
 *
 * @param between called after each round, when nobody works
 */
export async function takeTurns<Answer extends { readonly milliseconds: number }>(
  contenders: readonly Contender<Answer>[],
  { turns, warmup = 1, between }: { turns: number; warmup?: number; between?: (round: number) => void },
): Promise<Answer[][]> {
  const answers = contenders.map((): Answer[] => []);
  for (let round = 0; round < warmup + turns; round++) {
    for (const [i, contender] of contenders.entries()) answers[i]!.push(await contender.run());
    between?.(round);
  }
  return answers;
}
